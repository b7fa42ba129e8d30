/** Sync Leads: creates and updates people, each record on its own, in the order of the input. */
import { type Call, inputRecords, jsonBody } from '../http/call';
import { type Envelope, perRecord, quote, Skip, unknownField, wrongType } from '../http/envelope';
import type { Instance } from '../instance';
import type { Field } from '../schema/field';
import { readValue, type Value } from '../schema/values';
import { type Changes, changeLead, createLead, type CreatedBy, DEFAULT_PARTITION_ID, VIA_API } from './change';
import { idsWith, lookupField } from './read';
import type { Lead } from './store';

const ACTIONS = ['createOrUpdate', 'createOnly', 'updateOnly', 'createDuplicate'] as const;
type Action = (typeof ACTIONS)[number];

/** How one record is written. */
export interface Write {
  readonly action: Action;
  readonly lookup: Field;
  readonly partitionId: number | undefined;
  readonly by: CreatedBy;
}

export function syncLeads(call: Call, instance: Instance): Envelope {
  const body = jsonBody(call);
  const records = inputRecords(body);
  const request: Write = {
    action: readAction(body['action']),
    lookup: readLookup(instance, body['lookupField']),
    partitionId: instance.partitions.named(body['partitionName']),
    by: { method: 'syncLead', user: call.user, requestId: call.requestId },
  };
  return { result: records.map((record) => perRecord(() => writeOne(instance, request, record))) };
}

function readAction(given: unknown): Action {
  if (given === undefined || given === null) return 'createOrUpdate';
  const action = ACTIONS.find((known) => known === given);
  if (action === undefined) throw wrongType(given, `one of ${ACTIONS.join(', ')}`);
  return action;
}

/** The field to find people by; e-mail unless named. Throws 1006 and 1011. */
export function readLookup(instance: Instance, given: unknown): Field {
  const name = given === undefined || given === null ? 'email' : quote(given);
  if (instance.fields.get(name) === undefined) throw unknownField(name);
  return lookupField(instance, name);
}

/** What became of a record that was not skipped. */
export interface Written {
  readonly id: number;
  readonly status: 'created' | 'updated';
}

/** Writes one record. Throws what it is skipped for. */
export function writeOne(instance: Instance, request: Write, record: Readonly<Record<string, unknown>>): Written {
  const { action, lookup } = request;
  // The documentation allows an id with updateOnly alone; instances also take it with createOrUpdate, which then only updates.
  const takesId = lookup.name === 'id' && (action === 'updateOnly' || action === 'createOrUpdate');
  if ('id' in record && !takesId) throw new Skip('1003', `Invalid data: field 'id' is not allowed when action is '${action}'`);
  const { changes, companyId } = readRecord(instance, record);
  const found = action === 'createDuplicate' ? [] : matches(instance, request, record);
  if (found.length === 0) {
    if (action === 'updateOnly' || lookup.name === 'id') throw new Skip('1004', 'Lead not found');
    const placement = { partitionId: request.partitionId ?? DEFAULT_PARTITION_ID, companyId };
    refuseCompanyFields(changes, companyId);
    return { id: createLead(instance, changes, request.by, placement).id, status: 'created' };
  }
  if (action === 'createOnly') throw new Skip('1005', 'Lead already exists');
  if (found.length > 1) throw new Skip('1007', 'Multiple lead match lookup criteria');
  const lead = instance.leads.get(found[0] as number) as Lead;
  if (!instance.partitions.isAccessible(lead.partitionId))
    throw new Skip('1008', `Access denied to partition '${lead.partitionId}'`);
  if (request.partitionId !== undefined && request.partitionId !== lead.partitionId) {
    throw new Skip('1010', 'Partition update not allowed');
  }
  refuseCompanyFields(changes, companyId ?? lead.companyId);
  changeLead(instance, lead, changes, VIA_API, companyId);
  return { id: lead.id, status: 'updated' };
}

/** Who has the record's lookup value. */
function matches(instance: Instance, { action, lookup }: Write, record: Readonly<Record<string, unknown>>): readonly number[] {
  const value = readValue(lookup, record[lookup.name]);
  if (value !== null) return idsWith(instance, lookup, String(value));
  // Without a value to look up by, createOnly has nobody to collide with.
  if (action === 'createOnly') return [];
  throw new Skip('1003', `Value for lookup field '${lookup.name}' not found`);
}

/** Checks and reads all values of a record. Throws 1001, 1003, 1006, 1013. */
function readRecord(
  instance: Instance,
  record: Readonly<Record<string, unknown>>,
): { readonly changes: Changes; readonly companyId: number | undefined } {
  const changes = new Map<Field, Value | null>();
  let companyId: number | undefined;
  for (const [name, given] of Object.entries(record)) {
    if (name === 'id') continue;
    const field = instance.fields.get(name);
    if (field === undefined) throw new Skip('1006', `Field '${name}' not found`);
    if (field.readOnly) throw new Skip('1003', `Invalid data: field '${name}' is read only`);
    const value = readValue(field, given);
    if (name === 'externalCompanyId') companyId = companyNamed(instance, value);
    else if (name === 'externalSalesPersonId') changes.set(field, salesPersonNamed(instance, value));
    else changes.set(field, value);
  }
  return { changes, companyId };
}

/** A person leaves a company only by joining another: no value is no change. */
function companyNamed(instance: Instance, externalId: Value | null): number | undefined {
  if (externalId === null) return undefined;
  const company = instance.companies.byExternalId(String(externalId));
  if (company === undefined) throw new Skip('1013', 'Object not found');
  return company.id;
}

function salesPersonNamed(instance: Instance, externalId: Value | null): Value | null {
  if (externalId !== null && instance.salesPersons.byExternalId(String(externalId)) === undefined) {
    throw new Skip('1013', 'Object not found');
  }
  return externalId;
}

/** The fields of a linked company are changed with Sync Companies only: they belong to all of its people. */
function refuseCompanyFields(changes: Changes, companyId: number | undefined): void {
  if (companyId !== undefined && [...changes.keys()].some((field) => field.ofCompany)) {
    throw new Skip('1021', 'Company update not allowed');
  }
}
