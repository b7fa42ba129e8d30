/** Reading, finding, writing and creating people. Marketo answers writes by position and without the key, so ids are checked. */
import type { CreateItem, Failure, FindQuery, Result, WriteItem, Written } from '../core/ports';
import type { Entity, RawValue, RecordRef, Snapshot } from '../core/types';
import { type Api, chunksOf, itemsOf } from './api';
import { classify } from './classify';
import { person, written } from './envelope';

/** Batch size of the Lead Database API, for reads and writes. */
const PER_CALL = 300;
const LEADS = '/rest/v1/leads.json';

export type Fields = Readonly<Partial<Record<Entity, readonly string[]>>>;

/** People by id, 300 a call. One that is not among the answered ids does not exist: proof of absence. */
export async function readPeople(api: Api, refs: readonly RecordRef[], fields: Fields): Promise<Result<Snapshot | undefined>[]> {
  const asked = fields.person ?? [];
  const found = await findAll(api, 'id', [...new Set(refs.map((ref) => ref.id))], asked);
  return refs.map((ref) => {
    const answer = found.get(ref.id) ?? { ok: [] };
    return 'failure' in answer ? answer : { ok: answer.ok.find((one) => one.id === ref.id) };
  });
}

/** Everybody who has one of the values. Marketo compares without case, so the answers are told apart without case too. */
export async function findPeople(api: Api, query: FindQuery): Promise<Result<readonly Snapshot[]>[]> {
  const found = await findAll(api, query.by, [...new Set(query.values.map(String))], query.fields);
  return query.values.map((value) => {
    const answer = found.get(value) ?? { ok: [] };
    if ('failure' in answer) return answer;
    return { ok: answer.ok.filter((one) => same(query.by === 'id' ? one.id : one.values[query.by], value)) };
  });
}

const same = (held: RawValue | undefined, value: string): boolean =>
  held !== null && held !== undefined && String(held).trim().toLowerCase() === value.trim().toLowerCase();

/** The answers by value; every value of a failed call has its failure. */
async function findAll(
  api: Api,
  by: string,
  values: readonly string[],
  fields: readonly string[],
): Promise<Map<string, Result<readonly Snapshot[]>>> {
  const answers = await Promise.all(
    chunksOf(values, PER_CALL).map(async (chunk) => ({ chunk, answer: await findChunk(api, by, chunk, fields) })),
  );
  return new Map(answers.flatMap(({ chunk, answer }) => chunk.map((value) => [value, answer] as const)));
}

async function findChunk(
  api: Api,
  by: string,
  values: readonly string[],
  fields: readonly string[],
): Promise<Result<Snapshot[]>> {
  const asked = [...new Set(['id', ...(by === 'id' ? [] : [by]), ...fields])];
  const snapshots: Snapshot[] = [];
  let nextPageToken: string | undefined;
  do {
    const answer = await api.get(LEADS, {
      filterType: by,
      // Commas separate values and cannot be escaped; a value with one in it is looked for as a whole and not found.
      filterValues: values.join(','),
      fields: asked.join(','),
      batchSize: String(PER_CALL),
      nextPageToken,
    });
    if ('failure' in answer) return tooMany(answer.failure) && values.length > 1 ? inHalves(api, by, values, fields) : answer;
    const items = itemsOf(answer, person);
    if ('failure' in items) return items;
    snapshots.push(...items.ok.map((item) => toSnapshot(item, asked)));
    ({ nextPageToken } = answer.ok);
  } while (nextPageToken !== undefined);
  return { ok: snapshots };
}

/** More than 1,000 matches: 1003 "Too many results match the filter". */
const tooMany = (failure: Failure): boolean => failure.code === '1003' && /too many results/i.test(failure.message);

async function inHalves(api: Api, by: string, values: readonly string[], fields: readonly string[]): Promise<Result<Snapshot[]>> {
  const middle = Math.ceil(values.length / 2);
  const halves = await Promise.all(
    [values.slice(0, middle), values.slice(middle)].map((half) => findChunk(api, by, half, fields)),
  );
  const all: Snapshot[] = [];
  for (const half of halves) {
    if ('failure' in half) return half;
    all.push(...half.ok);
  }
  return { ok: all };
}

/** A field that was asked for and is not in the answer is empty. */
function toSnapshot(item: Readonly<Record<string, unknown>>, asked: readonly string[]): Snapshot {
  const values = Object.fromEntries(asked.filter((name) => name !== 'id').map((name) => [name, rawOf(item[name])]));
  return { entity: 'person', id: String(item.id), values };
}

export function rawOf(value: unknown): RawValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

/** Changes existing people only, by id: an id that is gone must not become a new person. */
export async function writePeople(api: Api, items: readonly WriteItem[]): Promise<Result<Written>[]> {
  return send(api, items, { action: 'updateOnly', lookupField: 'id' }, (item) => ({ id: Number(item.id), ...item.values }));
}

/**
 * Creates people by the GUID of their row (`microsoftId`), so that a repeated create finds its own person again. Never by e-mail: that
 * would overwrite somebody else's person.
 */
export async function createPeople(api: Api, items: readonly CreateItem[]): Promise<Result<Written>[]> {
  return send(api, items, { action: 'createOrUpdate', lookupField: 'microsoftId' }, (item) => ({
    ...item.values,
    microsoftId: item.key,
  }));
}

async function send<I extends WriteItem | CreateItem>(
  api: Api,
  items: readonly I[],
  how: { readonly action: string; readonly lookupField: string },
  toInput: (item: I) => Readonly<Record<string, RawValue>>,
): Promise<Result<Written>[]> {
  const answers = await Promise.all(
    chunksOf(items, PER_CALL).map(async (chunk): Promise<Result<Written>[]> => {
      const answer = itemsOf(await api.post(LEADS, { ...how, input: chunk.map(toInput) }), written);
      if ('failure' in answer) return chunk.map(() => answer);
      // Results belong to items by order alone: one too few or too many makes all of them worthless.
      if (answer.ok.length !== chunk.length) return chunk.map(() => ({ failure: miscounted }));
      return answer.ok.map((result, index) => verdict(result, chunk[index]));
    }),
  );
  return answers.flat();
}

function verdict(
  { id, status, reasons, errors }: { id?: string | undefined; status: string; reasons: VendorErrors; errors: VendorErrors },
  item: WriteItem | CreateItem | undefined,
): Result<Written> {
  const why = [...reasons, ...errors];
  if (status === 'skipped' || why.length > 0) return { failure: classify(why, 'record', new Date()) };
  const expected = item !== undefined && 'id' in item ? item.id : undefined;
  if (id === undefined || (expected !== undefined && id !== expected)) return { failure: miscounted };
  return { ok: { entity: 'person', id } };
}

type VendorErrors = readonly { readonly code: string; readonly message: string }[];

const miscounted: Failure = {
  kind: 'retry',
  scope: 'record',
  outcomeUnknown: true,
  code: 'strayAnswer',
  message: 'Marketo answered about other records than it was asked to write',
};
