/** `Merge`: the subordinate's rows go to the master, its chosen values too, and it is closed. */
import { type Answer, type Call, isJson, type Json, jsonBody, noContent } from '../http/call';
import { noSuchSegment, problem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import { writeContextOf } from '../rows/writeContext';
import { readPayload } from '../rows/payload';
import { rowNotFound } from '../rows/refusals';
import { isReference, type Row } from '../rows/row';
import { defaultStatus } from '../rows/state';
import { updateRow } from '../rows/write';

/** Leads are disqualified, the others deactivated. */
const CLOSED_STATE: Readonly<Record<string, number>> = { account: 1, contact: 1, lead: 2 };

export function merge(call: Call, organization: Organization): Answer {
  if (call.method !== 'POST') throw noSuchSegment('Merge');
  const body = jsonBody(call, 'Merge');
  const [table, master] = rowIn(body, 'Target', organization);
  const [otherTable, subordinate] = rowIn(body, 'Subordinate', organization);
  if (table !== otherTable || master.id === subordinate.id) throw problem('mergeEntitiesIdenticalError');
  for (const row of [master, subordinate]) if ((row.values['statecode'] ?? 0) !== 0) throw problem('mergeEntityNotActiveError');
  const context = writeContextOf(call, organization);
  const content = isJson(body['UpdateContent']) ? body['UpdateContent'] : {};
  updateRow(table, master, readPayload(withoutKey(content, table), table, 'update', organization), context);
  moveLinks(table, subordinate.id, master.id, organization);

  const state = CLOSED_STATE[table.name] ?? 1;
  const closed = updateRow(
    table,
    organization.rows(table.name).get(subordinate.id) ?? subordinate,
    new Map([
      ['statecode', state],
      ['statuscode', defaultStatus(table, state) ?? 0],
    ]),
    context,
  );
  // These two columns are not for users to write.
  const values = { ...closed.values, merged: true, masterid: { table: table.name, id: master.id } };
  organization.rows(table.name).put({ id: closed.id, version: organization.nextVersion(), values });
  return noContent();
}

function rowIn(body: Json, name: string, organization: Organization): [Table, Row] {
  const given = body[name];
  const type = isJson(given) ? String(given['@odata.type']).replace(/^#?Microsoft\.Dynamics\.CRM\./, '') : '';
  const table = CLOSED_STATE[type] === undefined ? undefined : organization.model.table(type);
  if (table === undefined || !isJson(given)) throw problem('invalidArgument', `'${name}' is not a row that can be merged.`);
  const id = String(given[table.primaryId]).toLowerCase();
  const row = organization.rows(table.name).get(id);
  if (row === undefined) throw rowNotFound(table, id);
  return [table, row];
}

const withoutKey = (content: Json, table: Table): Json =>
  Object.fromEntries(Object.entries(content).filter(([name]) => name !== table.primaryId));

/** What points to the subordinate points to the master from now on. */
function moveLinks(table: Table, from: string, to: string, organization: Organization): void {
  for (const { table: pointing, column } of table.collections.values()) {
    const rows = organization.rows(pointing);
    for (const id of rows.find(column.name, from)) {
      const row = rows.get(id);
      const reference = row?.values[column.name];
      if (row === undefined || id === from || !isReference(reference) || reference.table !== table.name) continue;
      rows.put({ id, version: organization.nextVersion(), values: { ...row.values, [column.name]: { ...reference, id: to } } });
    }
  }
}
