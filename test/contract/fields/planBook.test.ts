/** Fields in play while both systems change under a running worker: each field degrades or joins alone, and pairs get what is new. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { ACTIVITY } from '../../../src/activities/activityTypes';
import type { Remotes } from '../../../src/activities/deps';
import { createPlanBook, type PlanBook, type Plans } from '../../../src/activities/planBook';
import { loadMapping } from '../../../src/config/mapping';
import { project } from '../../../src/core/project';
import { reconcile } from '../../../src/core/reconcile';
import type { FieldPlan, FieldSchema, Mapping, SideSchema } from '../../../src/core/types';
import { freshDatabase, type FreshDatabase } from '../../support/database';
import { dynamicsInstance, marketoInstance } from '../../unit/core/instances';
import { openRows } from '../../../src/store/inbox';
import { livePair, type Pair, queue } from '../store/support';

const MAPPING = loadMapping(undefined);
const HOUR_MS = 3_600_000;

type Changes = Readonly<Record<string, Partial<FieldSchema> | undefined>>;

let fresh: FreshDatabase;
let pair: Pair;
/** What both systems say about themselves just now, and how often they were asked. */
let says: { marketo: SideSchema; dynamics: SideSchema };
let asked: number;
let logged: { readonly message: string; readonly field?: string; readonly table?: string }[];
let nowMs: number;
let book: PlanBook;

const say = (onDynamics: Changes, onMarketo: Changes = {}): void => {
  const types = Object.fromEntries(Object.values(ACTIVITY).map((name, index) => [name, 100_000 + index]));
  says = { marketo: { ...marketoInstance(onMarketo), activityTypes: types }, dynamics: dynamicsInstance(onDynamics) };
};

function newProcess(mapping: Mapping = MAPPING): PlanBook {
  const answer = (side: 'marketo' | 'dynamics') => async () => {
    asked += 1;
    return { ok: says[side] };
  };
  // Of the two clients only what they say about fields is asked here; both are tested against their sandboxes.
  const remotes = {
    marketo: { schema: answer('marketo'), usage: async () => ({ ok: undefined }) },
    dynamics: { schema: answer('dynamics'), listOwners: async () => ({ ok: [] }) },
  } as unknown as Remotes;
  const log = (fields: object, message: string): void => void logged.push({ ...fields, message });
  return createPlanBook({
    db: fresh.db,
    mapping,
    remotes,
    log: { debug: log, info: log, warn: log, error: log },
    now: () => nowMs,
  });
}

beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(async () => fresh.drop());

beforeEach(async () => {
  await sql`truncate setting, review, inbox, pair cascade`.execute(fresh.db);
  nowMs = Date.now();
  asked = 0;
  logged = [];
  say({});
  pair = await livePair(fresh.db, { table: 'contact', baseline: { title: { marketo: 'Clerk', dynamics: 'Clerk' } } });
  book = newProcess();
  await plansNow();
});

async function plansNow(): Promise<Plans> {
  const readiness = await book.prepare();
  if (!('ready' in readiness)) throw new Error(JSON.stringify(readiness));
  return readiness.ready;
}

/** The next cycle that reads the schemas: an hour later. */
async function anHourLater(): Promise<Plans> {
  nowMs += HOUR_MS + 1;
  await sql`update setting set updated_at = updated_at - interval '61 minutes' where name like 'schema/%'`.execute(fresh.db);
  return plansNow();
}

const names = (plans: Plans): readonly string[] => plans.tables.contact.fields.map(({ marketo }) => marketo);
const fieldIn = (plans: Plans, name: string): FieldPlan | undefined =>
  plans.tables.contact.fields.find(({ marketo }) => marketo === name);
const reasonOf = (plans: Plans, name: string): string | undefined =>
  plans.tables.contact.leftOut.filter(({ marketo }) => marketo === name).map(({ reason, fix }) => `${reason} ${fix}`)[0];
const openRecords = async () =>
  (
    await sql<{ key: string; lane: number }>`select key, lane from inbox where state = 'open' and pair_id is not null`.execute(
      fresh.db,
    )
  ).rows;
const baselineOf = async (): Promise<object> =>
  (await sql<{ baseline: object }>`select baseline from pair where id = ${pair.pairId}`.execute(fresh.db)).rows[0]?.baseline ??
  {};

describe('the schemas are read', () => {
  test('by a process that starts, even when another one read them a minute ago', async () => {
    expect(asked).toBe(2);
    await plansNow();
    expect(asked).toBe(2);
    book = newProcess();
    await plansNow();
    expect(asked).toBe(4);
  });

  test('every hour', async () => {
    await anHourLater();
    expect(asked).toBe(4);
    await plansNow();
    expect(asked).toBe(4);
  });

  test('after an answer that does not fit them, by the next cycle of any process', async () => {
    const other = newProcess();
    await other.prepare();
    asked = 0;
    await other.doubt();
    nowMs += 6_000;
    await plansNow();
    expect(asked).toBe(2);
    await plansNow();
    expect(asked).toBe(2);
  });
});

describe('one field changes', () => {
  test('new: it joins, and all pairs get it behind the live changes', async () => {
    say({ birthdate: undefined });
    const before = await anHourLater();
    expect(names(before)).not.toContain('dateOfBirth');
    expect(await openRecords()).toEqual([]);
    say({});
    const after = await anHourLater();
    expect(names(after)).toContain('dateOfBirth');
    expect(names(after).filter((name) => name !== 'dateOfBirth')).toEqual(names(before));
    expect(await openRecords()).toEqual([{ key: pair.key, lane: 5 }]);
  });

  test('vanished: it rests alone, its baseline is kept, and it goes on when it comes back', async () => {
    const before = await plansNow();
    say({ jobtitle: undefined });
    const without = await anHourLater();
    expect(names(without)).toEqual(names(before).filter((name) => name !== 'title'));
    expect(reasonOf(without, 'title')).toBe(
      'Dynamics has no column jobtitle on contact. Correct the mapping, or create the column.',
    );
    expect(without.fields.contact).not.toContain('jobtitle');
    say({});
    expect(names(await anHourLater())).toEqual(names(before));
    expect(await baselineOf()).toEqual({ title: { marketo: 'Clerk', dynamics: 'Clerk' } });
  });

  test('new while a record is open: what was read for it without the field is not enough', async () => {
    say({ birthdate: undefined });
    await anHourLater();
    await queue(fresh.db, pair);
    const [before] = await openRows(fresh.db, [pair.key]);
    say({});
    await anHourLater();
    const [after] = await openRows(fresh.db, [pair.key]);
    expect(after?.seq).toBeGreaterThan(before?.seq ?? Number.POSITIVE_INFINITY);
    expect(await openRecords()).toEqual([{ key: pair.key, lane: 3 }]);
  });

  test('vanished in Marketo: the same', async () => {
    const before = await plansNow();
    say({}, { title: undefined });
    const without = await anHourLater();
    expect(names(without)).toEqual(names(before).filter((name) => name !== 'title'));
    expect(without.fields.person).not.toContain('title');
  });

  test('retyped: it rests alone, with the types that would fit', async () => {
    const before = await plansNow();
    say({ jobtitle: { vendorType: 'Picklist', options: [{ value: 1, label: 'Clerk' }] } });
    const without = await anHourLater();
    expect(names(without)).toEqual(names(before).filter((name) => name !== 'title'));
    expect(reasonOf(without, 'title')).toBe(
      'jobtitle on contact is of type Picklist in Dynamics, which string does not fit. Map it as picklist.',
    );
  });

  test('shortened: it stays in play, and only what has become too long is refused, before it is sent', async () => {
    const toDynamics = (plans: Plans, value: string) => {
      const field = fieldIn(plans, 'title');
      return field && project(field, 'marketo', 'dynamics', value);
    };
    const value = 'Assistant Director';
    expect(toDynamics(await plansNow(), value)).toEqual({ value });
    say({ jobtitle: { maxLength: 10 } });
    const shorter = await anHourLater();
    expect(toDynamics(shorter, value)).toMatchObject({ refusal: { code: 'tooLong' } });
    expect(toDynamics(shorter, 'Director')).toEqual({ value: 'Director' });
    expect(shorter.tables.contact.leftOut).toEqual([]);
    expect(await openRecords()).toEqual([]);
  });

  test('secured: it rests alone, and its empty column is not taken for a clear', async () => {
    const before = await plansNow();
    say({ jobtitle: { readable: false, updatable: false, creatable: false } });
    const without = await anHourLater();
    expect(names(without)).toEqual(names(before).filter((name) => name !== 'title'));
    expect(reasonOf(without, 'title')).toMatch(/^The sync user may not read jobtitle on contact\. Grant Read/);
    const emptied = (plans: Plans) =>
      reconcile({
        plan: plans.tables.contact,
        baseline: { title: { marketo: 'Clerk', dynamics: 'Clerk' } },
        marketo: { entity: 'person', id: pair.marketoId, values: { title: 'Clerk' } },
        dynamics: { entity: 'contact', id: pair.rowId, values: { jobtitle: null } },
      });
    expect(emptied(without)).toEqual([]);
    expect(emptied(before)).toMatchObject([{ rule: 'dynamicsChanged', writes: [{ side: 'marketo', value: null }] }]);
  });

  describe('secured, and open again before the next cycle', () => {
    const closed = { jobtitle: { readable: false, updatable: false, creatable: false } };

    test.each([
      ['a column seemed to be emptied', () => book.since(nowMs)],
      ['a value was refused for it', () => book.doubtPermissions()],
    ])('is seen to have been out of play when %s: whoever edited it meanwhile is heard', async (_what, notice) => {
      say(closed);
      nowMs += 10_000;
      await notice();
      expect(names(await book.current())).not.toContain('title');
      expect(await openRecords()).toEqual([]);
      say({});
      const { ready } = (await book.prepare(true)) as { readonly ready: Plans };
      expect(names(ready)).toContain('title');
      expect(await openRecords()).toEqual([{ key: pair.key, lane: 5 }]);
      expect(await baselineOf()).toEqual({ title: { marketo: 'Clerk', dynamics: 'Clerk' } });
    });

    test('nothing is filled in when it was open all the time', async () => {
      nowMs += 10_000;
      await book.doubtPermissions();
      await book.prepare(true);
      expect(await openRecords()).toEqual([]);
    });

    test('a hundred refusals read the permissions once', async () => {
      nowMs += 10_000;
      asked = 0;
      await Promise.all(Array.from({ length: 100 }, () => book.doubtPermissions()));
      expect(asked).toBe(1);
    });
  });

  test('secured against writing only: it goes on, one way', async () => {
    say({ jobtitle: { updatable: false, creatable: false } });
    const plans = await anHourLater();
    expect(fieldIn(plans, 'title')?.direction).toBe('toMarketo');
    expect(reasonOf(plans, 'title')).toMatch(/so it is synced toMarketo only/);
  });
});

describe('what is left out is told', () => {
  const told = (field: string) =>
    logged.filter((line) => line.field === field && line.table === 'contact').map(({ message }) => message);

  test('once, and again when the reason is another', async () => {
    say({ jobtitle: undefined });
    await anHourLater();
    await anHourLater();
    expect(told('title')).toEqual(['field left out']);
    say({ jobtitle: { readable: false } });
    await anHourLater();
    expect(told('title')).toEqual(['field left out', 'field left out']);
  });

  test('calmly where the mapping says that it is optional', async () => {
    say({ mkt_leadscore: undefined });
    await anHourLater();
    expect(told('leadScore')).toEqual(['optional field is not there']);
  });
});

describe('the mapping changes', () => {
  const withField = (name: string, column: string): Mapping => ({
    ...MAPPING,
    fields: [
      ...MAPPING.fields.filter(({ marketo }) => marketo !== name),
      { marketo: name, dynamics: { contact: column }, type: 'string', direction: 'both', write: 'always' },
    ],
  });
  /** A person field that the built-in mapping leaves alone. */
  const UNMAPPED = 'externalCompanyId';

  test('a restart with a new field fills it in for all pairs; another cycle does not do it again', async () => {
    book = newProcess(withField(UNMAPPED, 'jobtitle'));
    await plansNow();
    expect(await openRecords()).toEqual([{ key: pair.key, lane: 5 }]);
    await sql`update inbox set state = 'closed'`.execute(fresh.db);
    await plansNow();
    expect(await openRecords()).toEqual([]);
  });

  test('a record that is open stays in its lane: a backfill holds nobody up', async () => {
    await sql`update inbox set state = 'open', lane = 3 where key = ${pair.key}`.execute(fresh.db);
    book = newProcess(withField(UNMAPPED, 'jobtitle'));
    expect(names(await plansNow())).toContain(UNMAPPED);
    expect(await openRecords()).toEqual([{ key: pair.key, lane: 3 }]);
  });

  test('a field on another column forgets what was agreed on, so that its blank is no clear', async () => {
    book = newProcess(withField('title', 'salutation'));
    await plansNow();
    expect(await baselineOf()).toEqual({});
    expect(await openRecords()).toEqual([{ key: pair.key, lane: 5 }]);
  });

  test('a restart with the same mapping does nothing', async () => {
    book = newProcess();
    await plansNow();
    expect(await openRecords()).toEqual([]);
    expect(await baselineOf()).toEqual({ title: { marketo: 'Clerk', dynamics: 'Clerk' } });
  });
});
