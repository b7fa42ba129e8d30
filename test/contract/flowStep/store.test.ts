import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createFlowStepChunks } from '../../../src/store/flowStep';
import {
  beginAnswer,
  chunkProgress,
  endChunk,
  noteFailedAnswer,
  peopleOf,
  unattendedChunks,
  pruneChunks,
} from '../../../src/store/flowStepAnswer';
import { writeSetting } from '../../../src/store/settings';
import { flowStepKey, recordKey } from '../../../src/temporal/names';
import { openRequests } from '../../support/creation';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { age, chunkFor, endPeople, newIds } from './support';

let fresh: FreshDatabase;
const db = () => fresh.db;
const chunks = () => createFlowStepChunks(fresh.db);
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

const inboxKeys = (ids: readonly string[]) =>
  db()
    .selectFrom('inbox')
    .select(['key', 'lane', 'kind', 'state'])
    .where('key', 'in', ids.map(recordKey.create))
    .orderBy('key')
    .execute();

describe('accepting a call', () => {
  test('keeps a request and a row in the most urgent lane for each person', async () => {
    const ids = newIds(3);
    const chunk = chunkFor(ids, { caller: 'forms-2026' });
    expect(await chunks().accept(chunk)).toEqual({ repeated: false, samePeople: true, ended: false });
    expect(await inboxKeys(ids)).toEqual(ids.map((id) => ({ key: `create/${id}`, lane: 1, kind: 'create', state: 'open' })));
    for (const id of ids)
      expect(await openRequests(db(), id)).toEqual([
        expect.objectContaining({ requestId: flowStepKey.request(chunk.id, id), syncAs: 'lead', assignTo: null }),
      ]);
    const callers = await db().selectFrom('request').select('caller').where('marketo_id', 'in', ids).execute();
    expect(callers).toEqual(ids.map(() => ({ caller: 'forms-2026' })));
  });

  test('keeps what was asked for each person; a refusal is kept, and is no work', async () => {
    const [first = '', second = ''] = newIds(2);
    const refusal = { code: 'UNKNOWN_SYNC_AS', reason: 'Sync As must be lead or contact' };
    const people = [
      { marketoId: first, syncAs: 'contact', assignTo: 'owner@example.com' } as const,
      { marketoId: second, refusal },
    ];
    const chunk = chunkFor([], { people });
    await chunks().accept(chunk);
    expect(await openRequests(db(), first)).toEqual([
      expect.objectContaining({ syncAs: 'contact', assignTo: 'owner@example.com' }),
    ]);
    expect(await openRequests(db(), second)).toEqual([]);
    expect(await inboxKeys([first, second])).toHaveLength(1);
    expect(await peopleOf(db(), chunk.id)).toEqual([
      { marketoId: first, refusal: null, syncAs: 'contact', outcome: null, table: null },
      { marketoId: second, refusal, syncAs: null, outcome: null, table: null },
    ]);
  });

  test('again changes nothing, however often and with whatever people', async () => {
    const ids = newIds(2);
    const chunk = chunkFor(ids);
    await chunks().accept(chunk);
    expect(await chunks().accept(chunk)).toEqual({ repeated: true, samePeople: true, ended: false });
    const others = newIds(2);
    expect(await chunks().accept({ ...chunk, people: chunkFor(others).people })).toMatchObject({
      repeated: true,
      samePeople: false,
    });
    expect(await chunks().accept({ ...chunk, people: chunkFor(ids.slice(1)).people })).toMatchObject({ samePeople: false });
    expect((await peopleOf(db(), chunk.id)).map(({ marketoId }) => marketoId)).toEqual(ids);
    expect(await inboxKeys(others)).toEqual([]);
    await endChunk(db(), chunk.id, 'answered');
    expect(await chunks().accept(chunk)).toMatchObject({ repeated: true, ended: true });
  });

  test('ten times at once is accepting once', async () => {
    const ids = newIds(20);
    const chunk = chunkFor(ids);
    const answers = await Promise.all(Array.from({ length: 10 }, () => chunks().accept(chunk)));
    expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(await openRequests(db(), ids[0] ?? '')).toHaveLength(1);
  });

  test('calls for the same people at once, in any order, do not stand in each other’s way', async () => {
    const ids = newIds(50);
    const orders = Array.from({ length: 8 }, (_one, index) => (index % 2 === 0 ? ids : ids.toReversed()));
    await Promise.all(orders.map((order) => chunks().accept(chunkFor(order))));
    expect(await openRequests(db(), ids[0] ?? '')).toHaveLength(8);
    expect(await inboxKeys(ids)).toHaveLength(50);
  });

  test('of a burst is few transactions, and each is told its own', async () => {
    const ids = newIds(200);
    const known = chunkFor(ids.slice(0, 1));
    await chunks().accept(known);
    const commits = async () =>
      Number(
        (await sql<{ count: number }>`select count(distinct xmin::text) as count from flow_step_chunk`.execute(db())).rows[0]
          ?.count,
      );
    const before = await commits();
    const door = chunks();
    // Two calls for one person among them, and one that is known.
    const burst = [known, ...ids.map((id) => chunkFor([id])), chunkFor(ids.slice(0, 1))];
    const answers = await Promise.all(burst.map((chunk) => door.accept(chunk)));
    expect(answers.map(({ repeated }) => repeated)).toEqual([true, ...Array<boolean>(201).fill(false)]);
    expect((await commits()) - before).toBeLessThan(10);
    expect(await inboxKeys(ids)).toHaveLength(200);
    expect(await openRequests(db(), ids[0] ?? '')).toHaveLength(3);
  });

  test('that cannot be kept fails alone, not the others that came with it', async () => {
    const [bad = '', good = ''] = newIds(2);
    const door = chunks();
    const [failed, kept] = await Promise.allSettled([door.accept(chunkFor([bad, bad])), door.accept(chunkFor([good]))]);
    expect([failed?.status, kept?.status]).toEqual(['rejected', 'fulfilled']);
    expect(await openRequests(db(), good)).toHaveLength(1);
  });

  test('of a thousand people takes less than a second', async () => {
    const chunk = chunkFor(newIds(1_000));
    const started = Date.now();
    await chunks().accept(chunk);
    expect(Date.now() - started).toBeLessThan(1_000);
    expect(await chunkProgress(db(), chunk.id)).toMatchObject({ unfinished: 1_000 });
  });

  test('that fails half way leaves nothing behind', async () => {
    const [id = ''] = newIds(1);
    const twice = chunkFor([id, id]);
    await expect(chunks().accept(twice)).rejects.toThrow();
    expect(await chunkProgress(db(), twice.id)).toBeUndefined();
    expect(await openRequests(db(), id)).toEqual([]);
    await chunks().accept(chunkFor([id]));
    expect(await openRequests(db(), id)).toHaveLength(1);
  });
});

describe('a chunk on its way', () => {
  test('counts the people that are not through', async () => {
    const ids = newIds(3);
    const chunk = chunkFor(ids, { kind: 'batch' });
    await chunks().accept(chunk);
    expect(await chunkProgress(db(), chunk.id)).toMatchObject({ kind: 'batch', unfinished: 3 });
    await endPeople(db(), chunk.id, ids.slice(0, 2), { status: 'created', microsoftId: 'x' });
    await age(db(), chunk.id, 100);
    const progress = await chunkProgress(db(), chunk.id);
    expect(progress?.unfinished).toBe(1);
    expect(progress?.ageSec).toBeGreaterThanOrEqual(100);
    await endChunk(db(), chunk.id, 'answered');
    expect(await chunkProgress(db(), chunk.id)).toBeUndefined();
  });

  test('tells the table of the row that a person got', async () => {
    const [id = ''] = newIds(1);
    const chunk = chunkFor([id]);
    await chunks().accept(chunk);
    const pair = await db()
      .insertInto('pair')
      .values({ state: 'live', table_name: 'contact', baseline: '{}' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const rowId = '6c9f0000-0000-4000-8000-000000000001';
    await db()
      .insertInto('identity')
      .values({ side: 'dynamics', entity: 'contact', id: rowId, pair_id: pair.id, current: true })
      .execute();
    await endPeople(db(), chunk.id, [id], { status: 'linked', microsoftId: rowId });
    expect(await peopleOf(db(), chunk.id)).toEqual([
      { marketoId: id, refusal: null, syncAs: 'lead', outcome: { status: 'linked', microsoftId: rowId }, table: 'contact' },
    ]);
  });

  test('that nobody is at is found, and not before', async () => {
    const found = async (): Promise<readonly string[]> => (await unattendedChunks(db(), 1_000)).map(({ id }) => id);
    const chunk = chunkFor(newIds(1));
    await chunks().accept(chunk);
    expect(await found()).not.toContain(chunk.id);
    await age(db(), chunk.id, 30);
    expect(await found()).toContain(chunk.id);
    // A workflow that looks at it has it, for as long as it keeps looking.
    await chunkProgress(db(), chunk.id);
    expect(await found()).not.toContain(chunk.id);
    await age(db(), chunk.id, 30 * 60);
    expect(await found()).toContain(chunk.id);
    await endChunk(db(), chunk.id, 'answered');
    expect(await found()).not.toContain(chunk.id);
  });

  test('that nobody is at names the people to be created at once: those of triggers that are not through', async () => {
    const ids = newIds(3);
    const [trigger, batch] = [chunkFor(ids), chunkFor(ids, { kind: 'batch' })];
    for (const chunk of [trigger, batch]) {
      await chunks().accept(chunk);
      await age(db(), chunk.id, 30);
    }
    await endPeople(db(), trigger.id, ids.slice(0, 1), { status: 'created', microsoftId: '6c9f' });
    const found = (await unattendedChunks(db(), 1_000)).filter(({ id }) => [trigger.id, batch.id].includes(id));
    expect(found).toEqual([
      { id: trigger.id, kind: 'trigger', waiting: ids.slice(1) },
      { id: batch.id, kind: 'batch', waiting: [] },
    ]);
    await Promise.all(found.map(({ id }) => endChunk(db(), id, 'answered')));
  });
});

describe('sending the answer', () => {
  const accepted = async () => {
    const chunk = chunkFor(newIds(1));
    await chunks().accept(chunk);
    return chunk;
  };
  const begin = async (id: string) => {
    const begun = await beginAnswer(db(), id, 40);
    if (!('answer' in begun)) throw new Error(`not begun: ${JSON.stringify(begun)}`);
    return begun.answer;
  };

  test('is one process’s business at a time', async () => {
    const { id, token, callbackUrl } = await accepted();
    const begun = await Promise.all(Array.from({ length: 5 }, () => beginAnswer(db(), id, 40)));
    const [first, ...more] = begun.filter((one) => 'answer' in one);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ answer: { tries: 1, token, callbackUrl, callbackKey: 'call-back-key', inDoubt: false } });
    for (const one of begun) if ('busyForMs' in one) expect(one.busyForMs).toBeGreaterThan(35_000);
    await age(db(), id, 45);
    expect(await begin(id)).toMatchObject({ tries: 2, inDoubt: true });
  });

  test('stays in doubt after a process that died, and after a failure that says so', async () => {
    const { id } = await accepted();
    const first = await begin(id);
    await noteFailedAnswer(db(), id, { tries: first.tries, inDoubt: false });
    const second = await begin(id);
    expect(second.inDoubt).toBe(false);
    await noteFailedAnswer(db(), id, { tries: second.tries, inDoubt: true });
    expect((await begin(id)).inDoubt).toBe(true);
  });

  test('a late word of an earlier try does not free a later one', async () => {
    const { id } = await accepted();
    const first = await begin(id);
    await age(db(), id, 45);
    await begin(id);
    await noteFailedAnswer(db(), id, { tries: first.tries, inDoubt: false });
    expect(await beginAnswer(db(), id, 40)).toHaveProperty('busyForMs');
  });

  test('ends once, and its secrets are forgotten', async () => {
    const { id } = await accepted();
    await begin(id);
    await endChunk(db(), id, 'answered', '202');
    await endChunk(db(), id, 'expired');
    expect(await beginAnswer(db(), id, 40)).toEqual({ ended: true });
    expect(await beginAnswer(db(), 'nobody', 40)).toEqual({ ended: true });
    const row = await db().selectFrom('flow_step_chunk').selectAll().where('id', '=', id).executeTakeFirst();
    expect(row).toMatchObject({ token: null, callback_key: null, end_state: 'answered', end_code: '202', sending_until: null });
  });
});

describe('what is told of it', () => {
  test('open calls, their age, and answers lost in the last day', async () => {
    await db().deleteFrom('flow_step_chunk').execute();
    expect(await chunks().state()).toEqual({ open: 0, lost: [] });
    const [open, refused, expired, old, answered] = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const chunk = chunkFor(newIds(1));
        await chunks().accept(chunk);
        return chunk.id;
      }),
    );
    await age(db(), open ?? '', 40);
    await endChunk(db(), refused ?? '', 'refused', '405');
    await endChunk(db(), expired ?? '', 'expired');
    await endChunk(db(), answered ?? '', 'answered', '202');
    await endChunk(db(), old ?? '', 'refused', '404');
    await db()
      .updateTable('flow_step_chunk')
      .set({ ended_at: new Date(Date.now() - 25 * 3_600_000) })
      .where('id', '=', old ?? '')
      .execute();
    const state = await chunks().state();
    expect(state).toMatchObject({
      open: 1,
      lost: [
        { code: '405', count: 1 },
        { code: 'expired', count: 1 },
      ],
    });
    expect(state.oldestOpenSec).toBeGreaterThanOrEqual(40);
  });

  test('calls that ended a month ago are forgotten, with their people; others stay', async () => {
    const keep = chunkFor(newIds(1));
    const drop = chunkFor(newIds(1));
    for (const chunk of [keep, drop]) {
      await chunks().accept(chunk);
      await endChunk(db(), chunk.id, 'answered');
    }
    await db()
      .updateTable('flow_step_chunk')
      .set({ ended_at: new Date(Date.now() - 31 * 86_400_000) })
      .where('id', '=', drop.id)
      .execute();
    await pruneChunks(db());
    expect(await peopleOf(db(), drop.id)).toEqual([]);
    expect(await peopleOf(db(), keep.id)).toHaveLength(1);
  });

  test('owners are what the last refresh left', async () => {
    expect(await chunks().owners()).toEqual([]);
    const owners = [{ id: 'a', name: 'Ann Owner', email: 'ann@example.com' }];
    await writeSetting(db(), 'owners', owners);
    expect(await chunks().owners()).toEqual(owners);
  });
});
