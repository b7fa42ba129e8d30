/** `contacts` and `contacts(<key>)`: reading, creating, changing and deleting rows. */
import { type Answer, type Call, json, jsonBody, noContent } from '../http/call';
import { uriProblem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import { readOptions } from '../query/options';
import { shapeOf } from '../query/shape';
import { requireOnRow, requirePrivilege } from '../security/require';
import { createDeep } from './deepInsert';
import { absentRow, conditionsOf, requireConditions } from './conditions';
import { type Change, readPayload } from './payload';
import { present } from './present';
import { etagOf, type Row } from './row';
import { noRowWithKey, type RowKey } from './rowKey';
import { createRow, deleteRow, updateRow } from './write';
import { writeContextOf } from './writeContext';

/** `more`: what the row gets besides what the body says. */
export function postRow(call: Call, table: Table, organization: Organization, more: Change = new Map()): Answer {
  const row = createDeep(jsonBody(call, table.entitySet), table, call, organization, more);
  return answerWritten(call, table, row, organization, 201);
}

export function getRow(call: Call, table: Table, key: RowKey, organization: Organization): Answer {
  requirePrivilege(organization, call.user, table, 'Read');
  const options = readOptions(call.parameters);
  const shape = shapeOf(options, table, organization.model);
  const row = existing(table, key);
  requireOnRow(organization, call.user, table, row, 'Read');
  const etag = etagOf(row);
  const isPlain = options.expand.length === 0 && !call.prefer.annotated;
  if (isPlain && conditionsOf(call).ifNoneMatch === etag) return { status: 304, headers: { ETag: etag }, body: undefined };
  const context = `${call.baseUrl}/$metadata#${table.entitySet}${shape.context}/$entity`;
  const body = present(row, shape, { organization, user: call.user }, call.prefer);
  return json({ '@odata.context': context, ...body }, { ETag: etag });
}

/** Updates, or creates when there is no such row and no header says otherwise. */
export function patchRow(call: Call, table: Table, key: RowKey, organization: Organization): Answer {
  const { row } = key;
  requireConditions(
    conditionsOf(call),
    table,
    row,
    absentRow(table, key.id, () => noRowWithKey(table)),
  );
  const context = writeContextOf(call, organization);
  const body = jsonBody(call, table.entitySet);
  if (row !== undefined) {
    const after = updateRow(table, row, readPayload(body, table, 'update', organization), context);
    return answerWritten(call, table, after, organization, 200);
  }
  const change = new Map([...readPayload(body, table, 'create', organization), ...key.values]);
  return answerWritten(call, table, createRow(table, change, context, key.id), organization, 201);
}

export function deleteRowAt(call: Call, table: Table, key: RowKey, organization: Organization): Answer {
  const row = asWanted(call, table, key);
  deleteRow(table, row, writeContextOf(call, organization));
  return noContent();
}

/** The row, or the refusal of its absence. */
export function existing(table: Table, key: RowKey): Row {
  if (key.row !== undefined) return key.row;
  throw absentRow(table, key.id, () => noRowWithKey(table))();
}

/** The row, if it is as the headers of the call want it. */
function asWanted(call: Call, table: Table, key: RowKey): Row {
  const row = existing(table, key);
  requireConditions(conditionsOf(call), table, row, () => noRowWithKey(table));
  return row;
}

/** A row that is there and that the user may read. */
export function readable(call: Call, table: Table, key: RowKey, organization: Organization): Row {
  const row = existing(table, key);
  requireOnRow(organization, call.user, table, row, 'Read');
  return row;
}

/** A change of a row that is there, by other ways than PATCH. */
export function changeRow(call: Call, table: Table, key: RowKey, change: Change, organization: Organization): Answer {
  const row = asWanted(call, table, key);
  updateRow(table, row, change, writeContextOf(call, organization));
  return noContent();
}

function answerWritten(call: Call, table: Table, row: Row, organization: Organization, status: 200 | 201): Answer {
  const url = `${call.baseUrl}/${table.entitySet}(${row.id})`;
  if (!call.prefer.returnRepresentation) return noContent({ Location: url, 'OData-EntityId': url });
  const options = readOptions(call.parameters);
  if (options.filter !== undefined) throw uriProblem('The query parameter $filter is not supported.');
  const shape = shapeOf(options, table, organization.model);
  const context = `${call.baseUrl}/$metadata#${table.entitySet}${shape.context}/$entity`;
  const body = present(row, shape, { organization, user: call.user }, call.prefer);
  const headers = { ETag: etagOf(row), Location: url };
  return json({ '@odata.context': context, ...body }, headers, status);
}
