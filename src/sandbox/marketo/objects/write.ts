/** Sync and Delete for companies and sales persons. Unlike those of people, results carry `seq`. */
import { type Call, inputRecords, jsonBody } from '../http/call';
import { type Envelope, MarketoError, perRecord, quote, type Reason, Skip, wrongType } from '../http/envelope';
import type { Instance } from '../instance';
import { readValue, type Value } from '../schema/values';
import type { ObjectKind } from './kinds';
import type { StoredObject } from './store';

const ACTIONS = ['createOrUpdate', 'createOnly', 'updateOnly'] as const;
type Action = (typeof ACTIONS)[number];
/** Objects are known by Marketo's id, or by their maker's key. */
type KnownBy = 'idField' | 'dedupeFields';
type Item = Readonly<Record<string, unknown>>;

export const syncObjects =
  (kind: ObjectKind) =>
  (call: Call, instance: Instance): Envelope => {
    refuseUnderCrm(instance);
    const body = jsonBody(call);
    const records = inputRecords(body);
    const action = readAction(body['action']);
    const by = readKnownBy(body['dedupeBy'], 'dedupeBy');
    if (by === 'idField' && action === 'createOnly')
      throw new MarketoError('1003', 'Invalid data: idField is not allowed with createOnly');
    const seen = new Set<string>();
    return {
      result: records.map((item, seq) =>
        numbered(seq, () => {
          refuseDuplicate(seen, quote(item[by === 'idField' ? 'id' : kind.key] ?? ''));
          return syncOne(instance, kind, action, by, item);
        }),
      ),
    };
  };

export const deleteObjects =
  (kind: ObjectKind) =>
  (call: Call, instance: Instance): Envelope => {
    refuseUnderCrm(instance);
    const body = jsonBody(call);
    const by = readKnownBy(body['deleteBy'], 'deleteBy');
    return {
      result: inputRecords(body).map((item, seq) =>
        numbered(seq, () => {
          const object = find(instance, kind, by, item);
          if (object === undefined) throw new Skip('1013', 'Object not found');
          if (kind.isUsed(instance, object)) throw new Skip('1022', 'Object in use');
          kind.objects(instance).remove(object.id);
          return { id: object.id, status: 'deleted' };
        }),
      ),
    };
  };

/** With a native CRM sync these objects are the CRM's: only reading is left. */
function refuseUnderCrm({ settings }: Instance): void {
  if (settings.switches.nativeCrm !== 'none') throw new MarketoError('1018', 'CRM Enabled');
}

const numbered = (seq: number, act: () => object): object => ({
  seq,
  ...perRecord(act, (reason: Reason) => ({ status: 'skipped', reasons: [reason] })),
});

function readAction(given: unknown): Action {
  if (given === undefined || given === null) return 'createOrUpdate';
  const action = ACTIONS.find((known) => known === given);
  if (action === undefined) throw wrongType(given, `one of ${ACTIONS.join(', ')}`);
  return action;
}

function readKnownBy(given: unknown, parameter: string): KnownBy {
  if (given === undefined || given === null || given === 'dedupeFields') return 'dedupeFields';
  if (given === 'idField') return given;
  throw new MarketoError('1003', `Invalid data: ${parameter} is dedupeFields or idField`);
}

function refuseDuplicate(seen: Set<string>, key: string): void {
  if (key !== '' && seen.has(key)) throw new Skip('1036', 'Duplicate object found in input');
  seen.add(key);
}

function syncOne(instance: Instance, kind: ObjectKind, action: Action, by: KnownBy, item: Item): object {
  const found = find(instance, kind, by, item);
  if (found === undefined && (action === 'updateOnly' || by === 'idField')) throw new Skip('1013', 'Object not found');
  if (found !== undefined && action === 'createOnly') throw new Skip('1017', 'Object already exists');
  const now = instance.clock.now().getTime();
  const objects = kind.objects(instance);
  const externalId = item[kind.key] === undefined ? found?.externalId : quote(item[kind.key]);
  const object: StoredObject = {
    id: found?.id ?? objects.nextId(),
    externalId: externalId ?? '',
    createdAt: found?.createdAt ?? now,
    updatedAt: now,
    values: readValues(instance, kind, found?.values ?? {}, item),
  };
  objects.put(object);
  return { id: object.id, status: found === undefined ? 'created' : 'updated' };
}

function find(instance: Instance, kind: ObjectKind, by: KnownBy, item: Item): StoredObject | undefined {
  const name = by === 'idField' ? 'id' : kind.key;
  const key = item[name];
  if (key === undefined || key === null || key === '') throw new Skip('1003', `Invalid data: no value for '${name}'`);
  return by === 'idField' ? kind.objects(instance).get(Number(key)) : kind.objects(instance).byExternalId(quote(key));
}

/** Throws 1001, 1003, 1006. */
function readValues(instance: Instance, kind: ObjectKind, before: StoredObject['values'], item: Item): Record<string, Value> {
  const values: Record<string, Value> = { ...before };
  const fields = new Map(kind.fields(instance).map((field) => [field.name, field]));
  for (const [name, given] of Object.entries(item)) {
    if (name === kind.key || name === 'id') continue;
    const field = fields.get(name);
    if (field === undefined) throw new Skip('1006', `Field '${name}' not found`);
    if (!field.updateable) throw new Skip('1003', `Invalid data: field '${name}' is read only`);
    const value = readValue(field, given);
    if (value === null) delete values[name];
    else values[name] = value;
  }
  return values;
}
