/** `CreateMultiple`, `UpdateMultiple`, `UpsertMultiple`: all rows, or none. */
import { type Answer, type Call, isJson, type Json, json, jsonBody, noContent, readSegments } from '../http/call';
import { DataverseError, methodNotAllowed, noSuchSegment, payloadProblem, problem } from '../http/problem';
import { guidOf, isGuid } from '../metadata/ids';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import { writeContextOf } from '../rows/writeContext';
import { readPayload } from '../rows/payload';
import { rowNotFound } from '../rows/refusals';
import { type RowKey, readRowKey } from '../rows/rowKey';
import { createRow, updateRow } from '../rows/write';

export function createMultiple(call: Call, table: Table, organization: Organization): Answer {
  requireMessage('CreateMultiple', call, table, organization);
  const context = writeContextOf(call, organization);
  const ids = targetsOf(call, table).map((target) => {
    try {
      return createRow(table, readPayload(target, table, 'create', organization), context).id;
    } catch (error) {
      const isKnown = error instanceof DataverseError && error.code === problem('duplicateRecord').code;
      throw isKnown ? problem('duplicateRecord', 'Cannot insert duplicate key.') : error;
    }
  });
  return json({ '@odata.context': `${call.baseUrl}/$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse`, Ids: ids });
}

export function updateMultiple(call: Call, table: Table, organization: Organization): Answer {
  requireMessage('UpdateMultiple', call, table, organization);
  const context = writeContextOf(call, organization);
  for (const target of targetsOf(call, table)) {
    const { id, row } = keyOf(target, table, organization);
    if (row === undefined) throw rowNotFound(table, id ?? '');
    updateRow(table, row, readPayload(target, table, 'update', organization), context);
  }
  return noContent();
}

/** The answer does not tell which rows were new. */
export function upsertMultiple(call: Call, table: Table, organization: Organization): Answer {
  requireMessage('UpsertMultiple', call, table, organization);
  const context = writeContextOf(call, organization);
  for (const target of targetsOf(call, table)) {
    const { id, row, values } = keyOf(target, table, organization);
    if (row !== undefined) updateRow(table, row, readPayload(target, table, 'update', organization), context);
    else createRow(table, new Map([...readPayload(target, table, 'create', organization), ...values]), context, id);
  }
  return noContent();
}

/** Whether a table has the message is what clients look up in `sdkmessagefilters` first. */
function requireMessage(message: string, call: Call, table: Table, organization: Organization): void {
  if (call.method !== 'POST') throw methodNotAllowed(call.method);
  if (organization.rows('sdkmessagefilter').get(guidOf('filter', message, table.name)) === undefined) {
    throw noSuchSegment(`Microsoft.Dynamics.CRM.${message}`);
  }
}

function targetsOf(call: Call, table: Table): Json[] {
  const targets = jsonBody(call, table.entitySet)['Targets'];
  const isList = Array.isArray(targets) && targets.every(isJson);
  if (!isList)
    throw payloadProblem(table.entitySet, "Microsoft.OData.ODataException: The parameter 'Targets' is not a list of rows.");
  return targets.map((target) => {
    const type = `Microsoft.Dynamics.CRM.${table.name}`;
    if (String(target['@odata.type']).replace('#', '') === type) return target;
    throw payloadProblem(table.entitySet, `Microsoft.OData.ODataException: Each target needs "@odata.type": "${type}".`);
  });
}

/** By the primary key among the columns, or by `"@odata.id": "accounts(accountnumber='A-1')"`. */
function keyOf(target: Json, table: Table, organization: Organization): RowKey {
  const id = target[table.primaryId];
  if (typeof id === 'string' && isGuid(id)) return readRowKey(id, table, organization);
  const url = target['@odata.id'];
  const [segment] = typeof url === 'string' ? readSegments(url.replace(/^.*\/(?=\w+\()/, '')) : [];
  if (segment?.argument !== undefined) return readRowKey(segment.argument, table, organization);
  throw problem('invalidArgument', `A target has neither '${table.primaryId}' nor '@odata.id'.`);
}
