/** Sync and Delete for all kinds of objects. Unlike those of people, results carry `seq`. */
import { type Call, inputRecords, jsonBody } from '../http/call';
import { type Envelope, MarketoError, perRecord, quote, type Reason, Skip, wrongType } from '../http/envelope';
import type { Instance } from '../instance';
import { readValue, type Value } from '../schema/values';
import { readKey } from './key';
import { idOf, numberOf, type ObjectKind } from './kinds';
import type { KindOf } from './read';
import type { StoredObject } from './store';

const ACTIONS = ['createOrUpdate', 'createOnly', 'updateOnly'] as const;
type Action = (typeof ACTIONS)[number];
/** Objects are known by Marketo's id, or by their maker's key. */
type KnownBy = 'idField' | 'dedupeFields';
type Item = Readonly<Record<string, unknown>>;

export const syncObjects =
  (kindOf: KindOf) =>
  (call: Call, instance: Instance): Envelope => {
    const kind = kindOf(call, instance);
    refuseUnderCrm(instance, kind);
    const body = jsonBody(call);
    const records = inputRecords(body);
    const action = readAction(body['action']);
    const by = readKnownBy(body['dedupeBy'], 'dedupeBy');
    if (by === 'idField' && action === 'createOnly')
      throw new MarketoError('1003', 'Invalid data: idField is not allowed with createOnly');
    for (const item of records) kind.refuse?.(instance, item);
    const seen = new Set<string>();
    return {
      result: records.map((item, seq) =>
        numbered(seq, () => {
          refuseDuplicate(
            seen,
            (by === 'idField' ? [kind.idField] : kind.dedupeFields).map((name) => quote(item[name] ?? '')),
          );
          return syncOne(instance, kind, action, by, item);
        }),
      ),
    };
  };

export const deleteObjects =
  (kindOf: KindOf) =>
  (call: Call, instance: Instance): Envelope => {
    const kind = kindOf(call, instance);
    refuseUnderCrm(instance, kind);
    const body = jsonBody(call);
    const by = readKnownBy(body['deleteBy'], 'deleteBy');
    return {
      result: inputRecords(body).map((item, seq) =>
        numbered(seq, () => {
          const object = find(instance, kind, by, item);
          if (object === undefined) throw new Skip('1013', 'Object not found');
          if (kind.isUsed?.(instance, object)) throw new Skip('1022', 'Object in use');
          kind.objects(instance).remove(object.id);
          kind.onRemoved?.(instance, object);
          return { [kind.idField]: idOf(kind, object), status: 'deleted' };
        }),
      ),
    };
  };

/** With a native CRM sync its objects are the CRM's. */
function refuseUnderCrm({ settings }: Instance, { underCrm }: ObjectKind): void {
  if (underCrm !== 'open' && settings.switches.nativeCrm !== 'none') throw new MarketoError('1018', 'CRM Enabled');
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

/** An item whose key is not complete is refused for that. */
function refuseDuplicate(seen: Set<string>, values: readonly string[]): void {
  const key = JSON.stringify(values);
  if (!values.includes('') && seen.has(key)) throw new Skip('1036', 'Duplicate object found in input');
  seen.add(key);
}

function syncOne(instance: Instance, kind: ObjectKind, action: Action, by: KnownBy, item: Item): object {
  const found = find(instance, kind, by, item);
  if (found === undefined && (action === 'updateOnly' || by === 'idField')) throw new Skip('1013', 'Object not found');
  if (found !== undefined && action === 'createOnly') throw new Skip('1017', 'Object already exists');
  const values = readValues(instance, kind, found?.values ?? {}, item, by === 'dedupeFields');
  kind.check?.(instance, values);
  const now = instance.clock.now().getTime();
  const objects = kind.objects(instance);
  const externalId = newKey(instance, kind, found, item);
  const object: StoredObject = {
    id: found?.id ?? objects.nextId(),
    externalId,
    createdAt: found?.createdAt ?? now,
    updatedAt: now,
    values,
  };
  objects.put(object);
  if (found === undefined) kind.onCreated?.(instance, object);
  return { [kind.idField]: idOf(kind, object), status: found === undefined ? 'created' : 'updated' };
}

/** The key an object has from now on. Throws 1001, 1003, and 1017 when it is another's. */
function newKey(instance: Instance, kind: ObjectKind, found: StoredObject | undefined, item: Item): string {
  if (found !== undefined && kind.dedupeFields.every((name) => item[name] === undefined)) return found.externalId;
  const key = readKey(instance, kind, { ...found?.values, ...item });
  const owner = kind.objects(instance).byExternalId(key);
  if (owner !== undefined && owner.id !== found?.id) throw new Skip('1017', 'Object already exists');
  return key;
}

/** Throws 1001, 1003. */
function find(instance: Instance, kind: ObjectKind, by: KnownBy, item: Item): StoredObject | undefined {
  if (by === 'dedupeFields') return kind.objects(instance).byExternalId(readKey(instance, kind, item));
  const id = item[kind.idField];
  if (id === undefined || id === null || id === '') throw new Skip('1003', `Invalid data: no value for '${kind.idField}'`);
  return kind.objects(instance).get(numberOf(kind, id));
}

/** The values from before with the item's. Throws 1001, 1003, 1006. */
function readValues(
  instance: Instance,
  kind: ObjectKind,
  before: StoredObject['values'],
  item: Item,
  isByKey: boolean,
): Record<string, Value> {
  const values: Record<string, Value> = { ...before };
  const fields = new Map(kind.fields(instance).map((field) => [field.name, field]));
  for (const [name, given] of Object.entries(item)) {
    if (name === kind.idField) continue;
    const field = fields.get(name);
    if (field === undefined) throw new Skip('1006', `Field '${name}' not found`);
    const value = readValue(field, given);
    const isKey = kind.dedupeFields.includes(name);
    // A key may be said again, to whom it belongs.
    const isAllowed = field.updateable || (isKey && (isByKey || value === before[name]));
    if (!isAllowed) throw new Skip('1003', `Invalid data: field '${name}' is read only`);
    if (value === null) delete values[name];
    else values[name] = value;
  }
  return values;
}
