/** Calls of the flow step, as the workflow that answers them sees them: who is through, and the one answer on its way. */
import { sql } from 'kysely';
import type { CreationOutcome, FlowStepKind, UnattendedCall } from '../core/ports';
import type { Table } from '../core/types';
import type { Db } from './database';

/** Marketo may deliver a call again; a month later it has long stopped. */
const KEEP = sql`interval '30 days'`;

export interface ChunkProgress {
  readonly kind: FlowStepKind;
  /** People whose request has no outcome yet. */
  readonly unfinished: number;
  readonly ageSec: number;
  /** People of all calls and webhooks whose request has no outcome yet, as far as it is worth counting. */
  readonly waiting: number;
}

/** Whether there are more makes no difference any more. */
const MOST_WAITING = 4_000;

/** How chunks are doing, in the order of `ids`; `undefined` for one that has ended. Asking shows that a workflow is at it. */
export async function chunksProgress(db: Db, ids: readonly string[]): Promise<readonly (ChunkProgress | undefined)[]> {
  const { rows } = await sql<ChunkProgress & { readonly id: string }>`
    with open as (select count(*) as waiting from (select 1 from request where ended_at is null limit ${MOST_WAITING}) as waiting),
      asked as (select id from flow_step_chunk where id = any(${ids}) and ended_at is null order by id for update)
    update flow_step_chunk c set seen_at = now() from asked, open where c.id = asked.id
    returning c.id, c.kind, extract(epoch from now() - c.accepted_at)::float8 as "ageSec",
      (select count(*) from flow_step_person p join request r on r.request_id = p.request_id
       where p.chunk_id = c.id and r.ended_at is null) as unfinished,
      open.waiting`.execute(db);
  const found = new Map(rows.map(({ id, ...progress }): [string, ChunkProgress] => [id, progress]));
  return ids.map((id) => found.get(id));
}

export const chunkProgress = async (db: Db, id: string): Promise<ChunkProgress | undefined> =>
  (await chunksProgress(db, [id]))[0];

/** Chunks without an answer that no workflow is at: it could not be started, or is gone. The oldest first. */
export async function unattendedChunks(db: Db, limit: number): Promise<readonly UnattendedCall[]> {
  const { rows } = await sql<UnattendedCall>`
    select c.id, c.kind, array(
      select p.marketo_id from flow_step_person p join request r on r.request_id = p.request_id
      where p.chunk_id = c.id and c.kind = 'trigger' and r.ended_at is null order by p.position) as waiting
    from flow_step_chunk c
    where c.ended_at is null
      and (c.seen_at < now() - interval '20 minutes' or (c.seen_at is null and c.accepted_at < now() - interval '20 seconds'))
    order by c.accepted_at limit ${limit}`.execute(db);
  return rows;
}

/** Forgets chunks that ended long ago. */
export async function pruneChunks(db: Db): Promise<void> {
  await sql`delete from flow_step_chunk where ended_at < now() - ${KEEP}`.execute(db);
}

export interface AnswerTry {
  readonly tries: number;
  readonly token: string | null;
  readonly callbackUrl: string;
  readonly callbackKey: string | null;
  readonly munchkinId: string;
  /** An earlier try may have arrived. */
  readonly inDoubt: boolean;
}

/** An answer that may be sent now; `busyForMs` while somebody else may be sending it; `ended` when there is nothing to send any more. */
export type BegunAnswer = { readonly answer: AnswerTry } | { readonly busyForMs: number } | { readonly ended: true };

/**
 * Reserves the sending of answers for `forSec`, in the order of `ids`. One that is reserved counts as in doubt from now on: whoever dies now
 * leaves it so.
 */
export async function beginAnswers(db: Db, ids: readonly string[], forSec: number): Promise<readonly BegunAnswer[]> {
  const { rows } = await sql<AnswerTry & { id: string; busyForMs: number | null; ended: boolean }>`
    with asked as (select * from flow_step_chunk where id = any(${ids}) order by id for update),
      begun as (
        update flow_step_chunk c set tries = c.tries + 1, in_doubt = true, seen_at = now(),
          sending_until = now() + make_interval(secs => ${forSec})
        from asked where c.id = asked.id and asked.ended_at is null and coalesce(asked.sending_until <= now(), true))
    select id, tries + 1 as tries, token, callback_url as "callbackUrl", callback_key as "callbackKey", munchkin_id as "munchkinId",
      in_doubt as "inDoubt", ended_at is not null as ended,
      case when sending_until > now() then extract(epoch from sending_until - now())::float8 * 1000 end as "busyForMs"
    from asked`.execute(db);
  const found = new Map(
    rows.map(({ id, busyForMs, ended, ...answer }): [string, BegunAnswer] => {
      if (ended) return [id, { ended: true }];
      return [id, busyForMs === null ? { answer } : { busyForMs }];
    }),
  );
  return ids.map((id) => found.get(id) ?? { ended: true });
}

export const beginAnswer = async (db: Db, id: string, forSec: number): Promise<BegunAnswer> =>
  (await beginAnswers(db, [id], forSec))[0] ?? { ended: true };

/** After a try that has to be repeated. Without effect when a later try has begun. */
export async function noteFailedAnswer(
  db: Db,
  id: string,
  { tries, inDoubt }: Pick<AnswerTry, 'tries' | 'inDoubt'>,
): Promise<void> {
  await sql`
    update flow_step_chunk set sending_until = null, in_doubt = ${inDoubt}
    where id = ${id} and tries = ${tries} and ended_at is null`.execute(db);
}

export interface ChunkEnd {
  readonly id: string;
  readonly state: 'answered' | 'refused' | 'expired';
  readonly code?: string;
}

/** Nothing is sent after this; the secrets of the calls are forgotten. */
export async function endChunks(db: Db, ends: readonly ChunkEnd[]): Promise<void> {
  await sql`
    with ends as (
      select x.* from jsonb_to_recordset(${JSON.stringify(ends)}::jsonb) as x(id text, state text, code text)
        join flow_step_chunk c on c.id = x.id where c.ended_at is null order by c.id for update of c)
    update flow_step_chunk c set ended_at = now(), end_state = ends.state, end_code = ends.code, sending_until = null,
      token = null, callback_key = null
    from ends where c.id = ends.id`.execute(db);
}

export const endChunk = (db: Db, id: string, state: ChunkEnd['state'], code?: string): Promise<void> =>
  endChunks(db, [{ id, state, ...(code === undefined ? {} : { code }) }]);

export interface PersonResult {
  readonly marketoId: string;
  readonly refusal: { readonly code: string; readonly reason: string } | null;
  readonly syncAs: Table | null;
  readonly outcome: CreationOutcome | null;
  /** The table of the row that the outcome names. */
  readonly table: Table | null;
}

/** How it went for each person of chunks, in the order of `ids` and the one in which people came. */
export async function peopleOfChunks(db: Db, ids: readonly string[]): Promise<readonly (readonly PersonResult[])[]> {
  const { rows } = await sql<PersonResult & { readonly chunk: string }>`
    select p.chunk_id as chunk, p.marketo_id as "marketoId", p.refusal, r.sync_as as "syncAs", r.outcome, d.entity as "table"
    from flow_step_person p
      left join request r on r.request_id = p.request_id
      left join identity d on d.side = 'dynamics' and d.entity in ('contact','lead') and d.id = r.outcome->>'microsoftId'
    where p.chunk_id = any(${ids}) order by p.chunk_id, p.position`.execute(db);
  const found = new Map<string, PersonResult[]>(ids.map((id) => [id, []]));
  for (const { chunk, ...person } of rows) found.get(chunk)?.push(person);
  return ids.map((id) => found.get(id) ?? []);
}

export const peopleOf = async (db: Db, id: string): Promise<readonly PersonResult[]> => (await peopleOfChunks(db, [id]))[0] ?? [];
