/** Calls of the flow step, as the workflow that answers them sees them: who is through, and the one answer on its way. */
import { sql } from 'kysely';
import type { CreationOutcome, FlowStepKind, UnattendedCall } from '../core/ports';
import type { Table } from '../core/types';
import { type Database, type Db, inTransaction } from './database';

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

/** How a chunk is doing; `undefined` once it has ended. Asking shows that a workflow is at it. */
export async function chunkProgress(db: Db, id: string): Promise<ChunkProgress | undefined> {
  const { rows } = await sql<ChunkProgress>`
    update flow_step_chunk c set seen_at = now() where id = ${id} and ended_at is null
    returning kind, extract(epoch from now() - accepted_at)::float8 as "ageSec",
      (select count(*) from flow_step_person p join request r on r.request_id = p.request_id
       where p.chunk_id = c.id and r.ended_at is null) as unfinished,
      (select count(*) from (select 1 from request where ended_at is null limit ${MOST_WAITING}) as open) as waiting`.execute(db);
  return rows[0];
}

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

/**
 * Reserves the sending of the answer for `forSec`, and counts as in doubt from now on: whoever dies now leaves it so. Answers `busyForMs`
 * while somebody else may be sending, `ended` when there is nothing to send any more.
 */
export async function beginAnswer(
  db: Database,
  id: string,
  forSec: number,
): Promise<{ readonly answer: AnswerTry } | { readonly busyForMs: number } | { readonly ended: true }> {
  return inTransaction(db, async (tx) => {
    const { rows } = await sql<AnswerTry & { busyForMs: number | null; ended: boolean }>`
      select tries + 1 as tries, token, callback_url as "callbackUrl", callback_key as "callbackKey", munchkin_id as "munchkinId",
        in_doubt as "inDoubt", ended_at is not null as ended,
        case when sending_until > now() then extract(epoch from sending_until - now())::float8 * 1000 end as "busyForMs"
      from flow_step_chunk where id = ${id} for update`.execute(tx);
    const [chunk] = rows;
    if (chunk === undefined || chunk.ended) return { ended: true };
    if (chunk.busyForMs !== null) return { busyForMs: chunk.busyForMs };
    await sql`
      update flow_step_chunk set tries = tries + 1, in_doubt = true, seen_at = now(),
        sending_until = now() + make_interval(secs => ${forSec})
      where id = ${id}`.execute(tx);
    return { answer: chunk };
  });
}

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

/** Nothing is sent after this; the secrets of the call are forgotten. */
export async function endChunk(db: Db, id: string, end: 'answered' | 'refused' | 'expired', code?: string): Promise<void> {
  await sql`
    update flow_step_chunk set ended_at = now(), end_state = ${end}, end_code = ${code ?? null}, sending_until = null,
      token = null, callback_key = null
    where id = ${id} and ended_at is null`.execute(db);
}

export interface PersonResult {
  readonly marketoId: string;
  readonly refusal: { readonly code: string; readonly reason: string } | null;
  readonly syncAs: Table | null;
  readonly outcome: CreationOutcome | null;
  /** The table of the row that the outcome names. */
  readonly table: Table | null;
}

/** How it went for each person of a chunk, in the order they came. */
export async function peopleOf(db: Db, id: string): Promise<readonly PersonResult[]> {
  const { rows } = await sql<PersonResult>`
    select p.marketo_id as "marketoId", p.refusal, r.sync_as as "syncAs", r.outcome, d.entity as "table"
    from flow_step_person p
      left join request r on r.request_id = p.request_id
      left join identity d on d.side = 'dynamics' and d.entity in ('contact','lead') and d.id = r.outcome->>'microsoftId'
    where p.chunk_id = ${id} order by p.position`.execute(db);
  return rows;
}
