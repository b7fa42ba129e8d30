/** A store with pairs in it, made the way the program makes them. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Change, ChangePage, FieldChange } from '../../../src/core/ports';
import type { Baseline, RowControl, Snapshot, Table } from '../../../src/core/types';
import type { Database } from '../../../src/store/database';
import { commitPage } from '../../../src/store/feeds';
import { enqueue, saveSnapshots } from '../../../src/store/inbox';
import { claim } from '../../../src/store/claims';
import type { Claim, RunRef } from '../../../src/store/pairs';
import type { InboxTable } from '../../../src/store/schema';
import { settle, type Settlement } from '../../../src/store/settle';
import { recordKey } from '../../../src/temporal/names';
import { field, planOf } from '../../unit/core/support';

export const FIELDS = [
  field('string', { marketo: 'firstName', column: 'firstname' }),
  field('string', { marketo: 'lastName', column: 'lastname' }),
  field('string', { marketo: 'microsoftType', column: '$table', direction: 'toMarketo' }),
];
export const PLANS = { contact: planOf(FIELDS, 'contact'), lead: planOf(FIELDS, 'lead') };

export const CONTROL: RowControl = { state: 0, filter: null, masterId: null, originatingLeadId: null };
export const AGREED: Baseline = {
  firstName: { marketo: 'Ada', dynamics: 'Ada' },
  lastName: { marketo: 'Byron', dynamics: 'Byron' },
  microsoftType: { marketo: 'Lead', dynamics: 'Lead' },
};

let people = 1_000;
export const newMarketoId = (): string => String((people += 1));
export const newRowId = (): string => randomUUID();

export interface Pair {
  readonly pairId: number;
  readonly marketoId: string;
  readonly rowId: string;
  readonly table: Table;
  /** The pair's inbox key, closed to begin with. */
  readonly key: string;
}

/** A pair that is live and at rest. */
export async function livePair(db: Database, options: { table?: Table; baseline?: Baseline } = {}): Promise<Pair> {
  const { table = 'lead', baseline = AGREED } = options;
  const marketoId = newMarketoId();
  const rowId = newRowId();
  const rowKey = recordKey.row(table, rowId);
  await enqueue(db, [{ key: rowKey, kind: 'record', lane: 'live', entity: table, id: rowId }]);
  const first = runOf(rowKey, await claimed(db, rowKey));
  await settle(db, {
    ...ending(first),
    outcome: 'created',
    baseline,
    control: CONTROL,
    state: 'live',
    resetBaseline: true,
    person: { marketoId, origin: 'personCreated', lane: 'live' },
  });
  const key = recordKey.pair(marketoId);
  await settle(db, ending(runOf(key, await claimed(db, key))));
  return { pairId: first.pairId, marketoId, rowId, table, key };
}

/** Puts a pair to work, as a change does. */
export async function queue(db: Database, { key, marketoId, pairId }: Pair): Promise<void> {
  await enqueue(db, [{ key, kind: 'record', lane: 'live', entity: 'person', id: marketoId, pairId }]);
}

export async function claimed(db: Database, key: string): Promise<Claim> {
  const result = await claim(db, key);
  if (!('claim' in result)) throw new Error(`${key} cannot be claimed: ${JSON.stringify(result)}`);
  return result.claim;
}

export const runOf = (key: string, { pairId, epoch, seq }: Claim): RunRef => ({ key, pairId, epoch, seq });

/** A settlement in which nothing moves. */
export const ending = (run: RunRef): Settlement => ({
  ...run,
  outcome: 'unchanged',
  results: [],
  baseline: {},
  rejections: [],
  stillRejected: [],
});

/** Queues, claims and reads a pair, as a run does before it decides. */
export async function reading(db: Database, pair: Pair): Promise<RunRef> {
  await queue(db, pair);
  const run = runOf(pair.key, await claimed(db, pair.key));
  await saveSnapshots(db, [{ key: run.key, seq: run.seq, snapshot: {} }]);
  return run;
}

export async function inboxRow(db: Database, key: string) {
  return db.selectFrom('inbox').selectAll().where('key', '=', key).executeTakeFirst();
}

export async function setInbox(
  db: Database,
  key: string,
  values: Partial<Pick<InboxTable, 'taken_by'> & { due: Date; attempts: number }>,
) {
  await db.updateTable('inbox').set(values).where('key', '=', key).execute();
}

export async function pairRow(db: Database, pairId: number) {
  return db.selectFrom('pair').selectAll().where('id', '=', pairId).executeTakeFirst();
}

export async function idsOf(db: Database, pairId: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('identity')
    .selectAll()
    .where('pair_id', '=', pairId)
    .orderBy('entity')
    .orderBy('id')
    .execute();
  return rows.map(({ entity, id, current }) => `${entity}/${id}${current ? '' : ' (former)'}`);
}

/** Lets time pass for everything that is on the clock of the database, of one pair or of all. */
export async function passFence(db: Database, pairId: number): Promise<void> {
  await sql`update pair set writing_until = now() - interval '1 millisecond' where id = ${pairId} and writing_until is not null`.execute(
    db,
  );
}

// ---------------------------------------------------------------- feeds

const AT = '2026-03-01T12:00:00.000Z';
let entriesSoFar = 0;

/** An entry of Marketo's feed, with a guid of its own. */
export function personChange(marketoId: string, ...fields: readonly FieldChange[]): Change {
  entriesSoFar += 1;
  return { entity: 'person', id: marketoId, kind: 'changed', at: AT, guid: `guid-${entriesSoFar}`, fields };
}

export const edit = (name: string, oldValue: string | null, newValue: string | null): FieldChange => ({
  field: name,
  oldValue,
  newValue,
});

/** An entry of Dynamics' feed: what the baseline says, but for `changed`. */
export function rowChange(
  pair: Pick<Pair, 'table' | 'rowId'>,
  changed: Snapshot['values'] = {},
  control: Partial<RowControl> = {},
): Change {
  const { table, rowId } = pair;
  const values = { firstname: 'Ada', lastname: 'Byron', $table: 'Lead', ...changed };
  const snapshot: Snapshot = { entity: table, id: rowId, values, control: { ...CONTROL, ...control } };
  return { entity: table, id: rowId, kind: 'changed', at: AT, snapshot };
}

let feeds = 0;

/** Commits one page as the first one of a feed of its own. */
export async function feed(db: Database, changes: readonly Change[], extra: Partial<ChangePage> = {}) {
  feeds += 1;
  const side = changes[0]?.entity === 'person' ? 'marketo' : 'dynamics';
  const page: ChangePage = { changes, cursor: { token: 'next' }, more: false, fullRead: false, ...extra };
  return commitPage(db, { side, feed: `feed-${feeds}`, version: undefined, page, plans: PLANS });
}
