/** Single people: read by id, changed by id, created under the GUID of their row. */
import type { Clock, CreateItem, Failure, Result, WriteItem, Written } from '../core/ports';
import type { Entity, RecordRef, Snapshot } from '../core/types';
import type { Api } from './api';
import { matchResults, sendInBatches, strayAnswer } from './batches';
import type { Asked } from './classify';
import { type WrittenPerson, writtenPersonShape } from './envelope';
import type { FieldBook } from './fieldBook';
import { readLeads } from './leads';

/** Fields in play, by entity. */
export type AskedFields = Readonly<Partial<Record<Entity, readonly string[]>>>;

export interface PeopleReader {
  readonly api: Api;
  readonly book: FieldBook;
}

/** Reads people by id, 300 a call. `undefined` is proof of absence: the call was answered to its end, and the id is not in it. */
export async function readPeople(
  { api, book }: PeopleReader,
  refs: readonly RecordRef[],
  fields: AskedFields,
): Promise<Result<Snapshot | undefined>[]> {
  const ids = [...new Set(refs.filter(isPerson).map(({ id }) => id))];
  const asked = fields.person ?? [];
  const results = await sendInBatches(ids, async (batch) => {
    const people = await readLeads(api, book, { filterType: 'id', values: batch, fields: asked });
    if ('failure' in people) return people;
    const byId = new Map(people.ok.map((person) => [person.id, person]));
    return { ok: batch.map((id): Result<Snapshot | undefined> => ({ ok: byId.get(id) })) };
  });
  const byId = new Map(ids.map((id, index) => [id, results[index]]));
  return refs.map((ref) => (isPerson(ref) ? (byId.get(ref.id) ?? { failure: strayAnswer }) : { failure: notAPerson }));
}

/** Writes changed fields, each record its own ones, to people that exist: an id that is gone must not become a new person. */
export async function writePeople(api: Api, clock: Clock, items: readonly WriteItem[]): Promise<Result<Written>[]> {
  const people = items.filter(isPerson);
  const results = await sendInBatches(people, (batch) =>
    syncLeads(api, clock, batch, {
      how: { action: 'updateOnly', lookupField: 'id' },
      toInput: ({ id, values }) => ({ ...values, id: Number(id) }),
      asked: ({ values }) => ({ doing: 'write', sent: values }),
      // Results stand in the order of the input and carry no key but the id: another id is another person's result.
      take: (item, { id }) => (id === item.id ? { ok: { entity: 'person', id } } : { failure: strayAnswer }),
    }),
  );
  const next = results.values();
  return items.map((item) => (isPerson(item) ? (next.next().value ?? { failure: strayAnswer }) : { failure: notAPerson }));
}

/**
 * Creates people by the GUID of their row. Where somebody carries it already, by an earlier create perhaps whose answer was lost, it is a
 * conflict: the record has to be looked at anew. Never by e-mail, and never as an update: that would overwrite somebody's person.
 */
export async function createPeople(api: Api, clock: Clock, items: readonly CreateItem[]): Promise<Result<Written>[]> {
  return sendInBatches(items, (batch) =>
    syncLeads(api, clock, batch, {
      how: { action: 'createOnly', lookupField: 'microsoftId' },
      toInput: ({ key, values }) => ({ ...values, microsoftId: key }),
      asked: ({ values }) => ({ doing: 'create', sent: values }),
      take: (_item, { id }) => (id ? { ok: { entity: 'person', id } } : { failure: strayAnswer }),
    }),
  );
}

interface Sync<I> {
  readonly how: { readonly action: string; readonly lookupField: string };
  readonly toInput: (item: I) => object;
  readonly asked: (item: I) => Asked;
  readonly take: (item: I, result: WrittenPerson) => Result<Written>;
}

async function syncLeads<I>(
  api: Api,
  clock: Clock,
  items: readonly I[],
  { how, toInput, asked, take }: Sync<I>,
): Promise<Result<readonly Result<Written>[]>> {
  const [only] = items;
  // What is said of a call as a whole is said of its record, where there is only one.
  const { doing, sent } = only === undefined ? LOOKING : asked(only);
  const askedOfCall: Asked = { doing, ...(items.length === 1 && sent !== undefined ? { sent } : {}) };
  const reply = await api.post('/rest/v1/leads.json', { ...how, input: items.map(toInput) }, writtenPersonShape, askedOfCall);
  return 'failure' in reply ? reply : matchResults(items, reply.ok.items, asked, take, clock.now());
}

const LOOKING: Asked = { doing: 'look' };

/** Ids become JSON numbers, and text in a comma list: nothing but a number that keeps all its digits may stand there. */
const isPerson = ({ entity, id }: RecordRef): boolean => entity === 'person' && /^[1-9]\d{0,14}$/.test(id);

const notAPerson: Failure = {
  kind: 'rejected',
  scope: 'record',
  code: 'notAPerson',
  message: 'People are addressed in Marketo by a lead id of at most 15 digits',
};
