/** Reads both sides of records in bulk, and for rows without a person also the people they might be. */
import { emailKey } from '../core/match';
import type { Clock, Failure, Result } from '../core/ports';
import type { SideName, Snapshot, Table } from '../core/types';
import type { Database } from '../store/database';
import type { ReadRecord } from '../store/inbox';
import { keptApart, toldApart } from '../store/reviews/keptApart';
import type { Snapshots } from '../store/schema';
import type { Remotes } from './deps';
import type { MatchLeases } from './matchLeases';
import type { Plans } from './planBook';
import { EMAIL_COLUMN, findTwins, type TwinSearch } from './twins';

export interface ToRead {
  readonly key: string;
  readonly seq: number;
  readonly kind: 'record' | 'create';
  readonly marketoId: string | null;
  readonly table: Table | null;
  readonly microsoftId: string | null;
  /** The row itself, where a feed has just carried it. */
  readonly row?: Snapshot | null;
}

export interface PageRead {
  readonly snapshots: readonly ReadRecord[];
  /** The first failure met; records it touched have no snapshot here. */
  readonly failure?: { readonly side: SideName; readonly failure: Failure };
}

export interface HydrateDeps extends Pick<Remotes, 'marketo' | 'dynamics'> {
  readonly db: Database;
  readonly matchLeases: MatchLeases;
  readonly clock: Clock;
}

/**
 * Reads what `rows` need to be decided: 300 people and 100 rows a call. Creation requests read for themselves. A row without a person
 * gets a snapshot only together with the lease on its e-mail, because its twins are true only for as long as nobody else creates one.
 */
export async function readPage(
  deps: HydrateDeps,
  plans: Plans,
  rows: readonly ToRead[],
  search: TwinSearch = { frugal: false },
): Promise<PageRead> {
  const records = rows.filter((row) => row.kind === 'record');
  const people = records.flatMap((row) => (row.marketoId === null ? [] : [{ entity: 'person' as const, id: row.marketoId }]));
  const carried = new Map(records.flatMap(({ row }) => (row && isComplete(row, plans) ? [[row.id, { ok: row }] as const] : [])));
  const tableRows = records.flatMap(({ microsoftId, table }) =>
    microsoftId === null || table === null || carried.has(microsoftId) ? [] : [{ entity: table, id: microsoftId }],
  );
  const [personAnswers, rowAnswers] = await Promise.all([
    people.length > 0 ? deps.marketo.read(people, { person: plans.fields.person }) : [],
    tableRows.length > 0 ? deps.dynamics.read(tableRows, plans.fields) : [],
  ]);
  const readAt = deps.clock.now().getTime();
  const byPerson = new Map(people.map((ref, index) => [ref.id, personAnswers[index]]));
  const byRow = new Map<string, Result<Snapshot | undefined> | undefined>(carried);
  for (const [index, ref] of tableRows.entries()) byRow.set(ref.id, rowAnswers[index]);
  let failure: PageRead['failure'];
  const take = (side: SideName, answer: Result<Snapshot | undefined> | undefined): Snapshot | null | undefined => {
    if (answer === undefined) return undefined;
    if ('ok' in answer) return answer.ok ?? null;
    failure ??= { side, failure: answer.failure };
    return undefined;
  };
  const read = records.map((row) => ({
    row,
    marketo: row.marketoId === null ? undefined : take('marketo', byPerson.get(row.marketoId)),
    dynamics: row.microsoftId === null ? undefined : take('dynamics', byRow.get(row.microsoftId)),
  }));
  const lonely = read.flatMap(({ row, dynamics }) => (row.marketoId === null && dynamics ? [{ key: row.key, dynamics }] : []));
  const leased = await deps.matchLeases.take(
    lonely.map(({ key, dynamics }) => ({ holder: key, email: emailKey(dynamics.values[EMAIL_COLUMN]) })),
  );
  const apart = await keptApart(
    deps.db,
    lonely.map(({ key }) => key),
  );
  const twins = await findTwins(
    deps,
    plans,
    lonely.flatMap(({ key, dynamics }) => (leased.has(key) ? [{ dynamics, byEmail: !apart.has(key) }] : [])),
    search,
  );
  const apartFrom = await toldApart(
    deps.db,
    lonely.map(({ dynamics }) => dynamics.id),
  );
  if ('failure' in twins) failure ??= { side: 'marketo', failure: twins.failure };
  return {
    snapshots: read.flatMap(({ row, marketo, dynamics }) => {
      if ((row.marketoId !== null && marketo === undefined) || (row.microsoftId !== null && dynamics === undefined)) return [];
      const withCarriedRow = row.microsoftId !== null && carried.has(row.microsoftId);
      const snapshot: Snapshots = {
        readAt,
        ...(marketo === undefined ? {} : { marketo }),
        ...(dynamics === undefined || withCarriedRow ? {} : { dynamics }),
      };
      const about = { key: row.key, seq: row.seq, withCarriedRow };
      if (row.marketoId !== null || !dynamics) return [{ ...about, snapshot }];
      if ('failure' in twins || !leased.has(row.key)) return [];
      return [
        {
          ...about,
          snapshot: { ...snapshot, twins: twins.of(dynamics).filter((person) => !apartFrom.has(`${person.id}/${dynamics.id}`)) },
        },
      ];
    }),
    ...(failure ? { failure } : {}),
  };
}

/** Fields may have come into play since the feed was read. */
function isComplete(row: Snapshot, { fields }: Plans): boolean {
  return row.entity !== 'person' && fields[row.entity].every((field) => field in row.values);
}
