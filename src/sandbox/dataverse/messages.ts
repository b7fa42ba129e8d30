/** QualifyLead and Merge: what they do to the rows they touch. */
import { randomUUID } from 'node:crypto';
import { DataverseError, notFound } from './errors';
import { type Instance, stampOf, tableNamed } from './instance';
import { createRow } from './rows/write';
import type { Values } from './store';

type Payload = Readonly<Record<string, unknown>>;
const COPIED = [
  'salutation',
  'firstname',
  'middlename',
  'lastname',
  'emailaddress1',
  'jobtitle',
  'telephone1',
  'mobilephone',
  'description',
];

/** Closes a lead and makes a contact of it, that names the lead as its origin. */
export function qualifyLead(instance: Instance, leadId: string, payload: Payload): object {
  const [lead, contact] = [tableNamed('lead'), tableNamed('contact')];
  const row = instance.rows.row(lead, leadId);
  if (row === undefined) throw notFound('Lead', leadId);
  if (row.values['statecode'] !== 0) throw new DataverseError(400, '0x80040519', 'The lead is already closed.');
  const created: object[] = [];
  if (payload['CreateContact'] === true) {
    const values = Object.fromEntries(
      COPIED.flatMap((name) => (row.values[name] === undefined ? [] : [[name, row.values[name]]])),
    );
    const made = createRow(instance, contact, { contactid: randomUUID(), ...values });
    instance.rows.put(contact, made.id, { ...made.values, originatingleadid: leadId, 'originatingleadid@table': 'lead' });
    created.push({ '@odata.type': '#Microsoft.Dynamics.CRM.contact', contactid: made.id });
  }
  touch(instance, 'lead', leadId, { statecode: 1, statuscode: 3 });
  return { value: created };
}

/** Deactivates the subordinate, which names its master from then on. */
export function merge(instance: Instance, payload: Payload): void {
  const idOf = (member: string): { table: string; id: string } => {
    const target = (payload[member] ?? {}) as Record<string, string>;
    const table = /Microsoft\.Dynamics\.CRM\.(\w+)/.exec(target['@odata.type'] ?? '')?.[1] ?? '';
    return { table, id: (target[`${table}id`] ?? '').toLowerCase() };
  };
  const [target, subordinate] = [idOf('Target'), idOf('Subordinate')];
  for (const { table, id } of [target, subordinate])
    if (instance.rows.row(tableNamed(table), id) === undefined) throw notFound(tableNamed(table).label, id);
  const inactive = target.table === 'lead' ? { statecode: 2, statuscode: 7 } : { statecode: 1, statuscode: 2 };
  touch(instance, subordinate.table, subordinate.id, {
    ...inactive,
    merged: true,
    masterid: target.id,
    'masterid@table': target.table,
  });
  touch(instance, target.table, target.id, (payload['UpdateContent'] ?? {}) as Values);
}

function touch(instance: Instance, name: string, id: string, changes: Values): void {
  const table = tableNamed(name);
  const plain = Object.fromEntries(Object.entries(changes).filter(([column]) => !column.startsWith('@odata')));
  const before = instance.rows.row(table, id)?.values ?? {};
  instance.rows.put(table, id, {
    ...before,
    ...plain,
    modifiedon: stampOf(instance.clock),
    modifiedby: instance.security.userId,
  });
}
