/** Single rows: read by id, changed by version, created under our own id. */
import { isGuid } from '../core/guid';
import type { CreateItem, Failure, Result, WriteItem, Written } from '../core/ports';
import type { Entity, RawValue, RecordRef, Snapshot, Table } from '../core/types';
import { type Api, objectOf, type Operation, type Reply } from './api';
import { ALREADY_EXISTS } from './classify';
import { selectList, toSnapshot, WITH_LABELS } from './snapshot';
import { isTable, type Model, NAMES, recordPath } from './tables';

/** Plug-ins see the tag as a shared variable, so that customers can tell our writes from their users'. */
const TAG = 'tag=marketo-sync';
/** Makes refusals of plug-ins carry their own words. */
const WITH_REASONS = 'odata.include-annotations="Microsoft.PowerApps.CDS.*"';

/** Columns in play, by entity. */
export type AskedColumns = Readonly<Partial<Record<Entity, readonly string[]>>>;

/** Reads rows by id. `undefined` is proof of absence: a 404 that speaks of the record itself. */
export async function readRows(
  api: Api,
  model: Model,
  refs: readonly RecordRef[],
  fields: AskedColumns,
): Promise<Result<Snapshot | undefined>[]> {
  return forEachItem(
    api,
    refs,
    (ref, table) => {
      const select = selectList(model.columns[table], fields[table] ?? []);
      const path = `${recordPath(table, ref.id)}?$select=${select.join(',')}`;
      return { method: 'GET', path, headers: { Prefer: WITH_LABELS }, asked: { doing: 'read', record: ref } };
    },
    (ref, table, reply) => {
      const body = objectOf(reply);
      if ('failure' in body) return isAbsence(body.failure) ? { ok: undefined } : body;
      const snapshot = toSnapshot(table, model.columns[table], fields[table] ?? [], body.ok);
      // An answer about another row than the one that was asked for must never be taken for it.
      return snapshot?.id === ref.id.toLowerCase() ? { ok: snapshot } : { failure: strayAnswer };
    },
  );
}

/** Writes changed columns, each item only if its row still has the version the decision was made on. */
export async function writeRows(api: Api, model: Model | undefined, items: readonly WriteItem[]): Promise<Result<Written>[]> {
  return forEachItem(
    api,
    items,
    ({ entity, id, values, version }, table) =>
      version === undefined
        ? noVersion
        : {
            method: 'PATCH',
            path: `${recordPath(table, id)}?${TAG}`,
            headers: { 'If-Match': version, Prefer: WITH_REASONS },
            body: values,
            asked: { doing: 'write', record: { entity, id }, ...hints(model, table, values) },
          },
    // The new version would cost a read each (`return=representation`); it comes with the next read anyway.
    (item, _table, reply) => ('ok' in reply ? { ok: written(item.entity, item.id) } : reply),
  );
}

/** Creates rows under the ids in `key`. A row that has its id already was created by an earlier try. */
export async function createRows(api: Api, model: Model | undefined, items: readonly CreateItem[]): Promise<Result<Written>[]> {
  return forEachItem(
    api,
    items.map((item) => ({ ...item, id: item.key })),
    ({ entity, id, values, ownerId }, table) => ({
      method: 'POST',
      path: `${NAMES[table].entitySet}?${TAG}`,
      headers: { Prefer: WITH_REASONS },
      body: {
        [NAMES[table].idColumn]: id,
        ...values,
        ...(ownerId === undefined ? {} : { 'ownerid@odata.bind': `/systemusers(${ownerId})` }),
      },
      asked: { doing: 'create', record: { entity, id }, ...hints(model, table, values) },
    }),
    ({ entity, id }, _table, reply) =>
      'ok' in reply || reply.failure.code === ALREADY_EXISTS ? { ok: written(entity, id) } : reply,
  );
}

/** Sends one operation per item, leaves out what cannot be sent, and puts the answers into the places of their items. */
async function forEachItem<I extends RecordRef, T>(
  api: Api,
  items: readonly I[],
  prepare: (item: I, table: Table) => Operation | Failure,
  take: (item: I, table: Table, reply: Reply) => Result<T>,
): Promise<Result<T>[]> {
  const prepared = items.map((item) => {
    // The id becomes part of the URL, so nothing but a GUID may stand there.
    const { entity } = item;
    return isTable(entity) && isGuid(item.id) ? { item, table: entity, send: prepare(item, entity) } : undefined;
  });
  const replies = (await api.each(prepared.flatMap((place) => (place && 'method' in place.send ? [place.send] : [])))).values();
  return prepared.map((place) => {
    if (place === undefined) return { failure: notARow };
    const reply = 'method' in place.send ? replies.next().value : { failure: place.send };
    return take(place.item, place.table, reply ?? { failure: notARow });
  });
}

const written = (entity: Entity, id: string): Written => ({ entity, id: id.toLowerCase() });

function hints(model: Model | undefined, table: Table, values: Readonly<Record<string, RawValue>>) {
  const columns = model?.columns[table];
  const columnLabelled = (label: string): string | undefined =>
    [...(columns?.values() ?? [])].find(({ field }) => field.label === label && field.name in values)?.field.name;
  return { sent: Object.keys(values), columnLabelled };
}

/** Only a proof about the record itself; a feed's expired cursor is `gone` too. */
export const isAbsence = (failure: Failure): boolean => failure.kind === 'gone' && failure.scope === 'record';

const notARow: Failure = {
  kind: 'rejected',
  scope: 'record',
  code: 'notARow',
  message: 'Dynamics rows are addressed by table and GUID',
};

const noVersion: Failure = {
  kind: 'conflict',
  scope: 'record',
  code: 'noVersion',
  message: 'A row is only written on top of the version it was read in',
};

const strayAnswer: Failure = {
  kind: 'retry',
  scope: 'record',
  code: 'strayAnswer',
  message: 'The answer was about another row',
};
