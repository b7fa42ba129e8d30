/** `contacts(<key>)/...`: one column, or the row a lookup points to. */
import { type Answer, type Call, json, jsonBody, noContent, plainText, type Segment } from '../http/call';
import { methodNotAllowed, noSuchSegment } from '../http/problem';
import { type Column, isLookup, type Navigation, propertyOf, type Table } from '../metadata/model';
import type { Organization } from '../organization';
import { bindTarget } from './bind';
import { checkValue } from './checkValue';
import { answerCollection } from './collectionEndpoints';
import { valueOf } from './columnValue';
import { changeRow, getRow, readable } from './endpoints';
import { jsonOf } from './present';
import { isReference } from './row';
import type { RowKey } from './rowKey';

/** `rest`: what follows the part's name, `$value`, `$ref` or `$count`. */
export function answerPart(
  call: Call,
  table: Table,
  key: RowKey,
  part: Segment,
  rest: string | undefined,
  organization: Organization,
): Answer {
  const { name } = part;
  const navigation = table.navigations.get(name);
  const collection = table.collections.get(name);
  const column = table.properties.get(name);
  if (navigation !== undefined) return answerNavigation(call, table, key, navigation, rest, organization);
  if (collection !== undefined)
    return answerCollection(call, table, key, { ...collection, member: part.argument }, rest, organization);
  if (column !== undefined) return answerColumn(call, table, key, column, rest, organization);
  throw noSuchSegment(name);
}

function answerColumn(
  call: Call,
  table: Table,
  key: RowKey,
  column: Column,
  rest: string | undefined,
  organization: Organization,
): Answer {
  switch (call.method) {
    case 'GET': {
      const row = readable(call, table, key, organization);
      const value = organization.columnSecurity.canRead(call.user, column) ? jsonOf(valueOf(row, column)) : null;
      if (value === null) return noContent();
      if (rest === '$value') return plainText(String(value));
      const context = `${call.baseUrl}/$metadata#${table.entitySet}(${row.id})/${propertyOf(column)}`;
      return json({ '@odata.context': context, value });
    }
    case 'PUT': {
      if (isLookup(column)) throw methodNotAllowed(call.method);
      const value = checkValue(jsonBody(call, table.entitySet)['value'], column, table);
      return changeRow(call, table, key, new Map(column.validFor.update ? [[column.name, value]] : []), organization);
    }
    case 'DELETE':
      return changeRow(call, table, key, new Map(column.validFor.update ? [[column.name, null]] : []), organization);
    default:
      throw methodNotAllowed(call.method);
  }
}

function answerNavigation(
  call: Call,
  table: Table,
  key: RowKey,
  navigation: Navigation,
  rest: string | undefined,
  organization: Organization,
): Answer {
  const { column } = navigation;
  switch (call.method) {
    case 'GET': {
      const reference = valueOf(readable(call, table, key, organization), column);
      const isFollowed = isReference(reference) && navigation.targets.some((target) => target.table === reference.table);
      if (!isFollowed) return noContent();
      const target = organization.model.table(reference.table);
      if (rest === '$ref') {
        const url = `${call.baseUrl}/${target.entitySet}(${reference.id})`;
        return json({ '@odata.context': `${call.baseUrl}/$metadata#$ref`, '@odata.id': url });
      }
      const row = organization.rows(target.name).get(reference.id);
      return getRow(call, target, { id: reference.id, row, values: new Map() }, organization);
    }
    case 'PUT':
    case 'POST': {
      if (rest !== '$ref') throw methodNotAllowed(call.method);
      const url = jsonBody(call, table.entitySet)['@odata.id'];
      const value = bindTarget(String(url), navigation, organization);
      return changeRow(call, table, key, new Map([[column.name, value]]), organization);
    }
    case 'DELETE':
      if (rest !== '$ref') throw methodNotAllowed(call.method);
      return changeRow(call, table, key, new Map([[column.name, null]]), organization);
    default:
      throw methodNotAllowed(call.method);
  }
}
