/** `accounts(<key>)/contact_customer_accounts...`: the rows whose lookup points here; pointing others here, and away. */
import { type Answer, type Call, json, jsonBody } from '../http/call';
import { methodNotAllowed, uriProblem } from '../http/problem';
import type { Collection, Table } from '../metadata/model';
import type { Organization } from '../organization';
import { countCollection, readCollection } from '../query/readCollection';
import { rowAt } from './bind';
import { changeRow, getRow, postRow, readable } from './endpoints';
import { rowNotFound } from './refusals';
import { isReference, type Reference, type Row } from './row';
import { type RowKey, readRowKey } from './rowKey';

export interface CollectionPart extends Collection {
  /** The key of one of its rows, when the path goes on to that. */
  readonly member: string | undefined;
}

export function answerCollection(
  call: Call,
  table: Table,
  key: RowKey,
  collection: CollectionPart,
  rest: string | undefined,
  organization: Organization,
): Answer {
  const row = readable(call, table, key, organization);
  const other = organization.model.table(collection.table);
  const here: Reference = { table: table.name, id: row.id };
  const point = (url: string, to: Reference | null): Answer => {
    const { id } = rowAt(url, [other.name], `The collection '${collection.name}'`, organization);
    const member = readRowKey(id, other, organization);
    if (to === null) requirePointing(member.row, collection, here, other, id);
    return changeRow(call, other, member, new Map([[collection.column.name, to]]), organization);
  };
  if (collection.member !== undefined) {
    const member = readRowKey(collection.member, other, organization);
    requirePointing(member.row, collection, here, other, member.id ?? collection.member);
    if (call.method === 'DELETE' && rest === '$ref') return point(`${other.entitySet}(${member.id})`, null);
    if (call.method === 'GET' && rest === undefined) return getRow(call, other, member, organization);
    throw methodNotAllowed(call.method);
  }
  switch (call.method) {
    case 'GET':
      return list(call, table, row, collection, rest, organization);
    case 'POST':
      if (rest === undefined) return postRow(call, other, organization, new Map([[collection.column.name, here]]));
      return point(String(jsonBody(call, table.entitySet)['@odata.id']), here);
    case 'DELETE': {
      const url = call.parameters.get('$id');
      if (rest !== '$ref' || url === undefined) throw uriProblem('The $id query option names the row to take away.');
      return point(url, null);
    }
    default:
      throw methodNotAllowed(call.method);
  }
}

function list(
  call: Call,
  table: Table,
  { id }: Row,
  { name, table: other, column }: Collection,
  rest: string | undefined,
  organization: Organization,
): Answer {
  const within = organization.rows(other).find(column.name, id);
  const of = { table: organization.model.table(other), path: `${table.entitySet}(${id})/${name}`, within };
  if (rest === '$count') return countCollection(call, of, organization);
  if (rest !== '$ref') return readCollection(call, of, organization);
  const value = [...within].map((one) => ({ '@odata.id': `${call.baseUrl}/${of.table.entitySet}(${one})` }));
  return json({ '@odata.context': `${call.baseUrl}/$metadata#Collection($ref)`, value });
}

/** Throws 404 for a row that is not in the collection. */
function requirePointing(member: Row | undefined, { column }: Collection, here: Reference, other: Table, id: string): void {
  const reference = member?.values[column.name];
  if (!isReference(reference) || reference.id !== here.id || reference.table !== here.table) throw rowNotFound(other, id);
}
