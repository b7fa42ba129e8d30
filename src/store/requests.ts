/** Creation requests: what campaigns asked for, and how it ended. The row alone is the promise; signals only wake a workflow. */
import { sql } from 'kysely';
import type { CreationOutcome, CreationRequest, CreationRequests } from '../core/ports';
import type { Table } from '../core/types';
import { type Database, type Db, inTransaction } from './database';
import { creationEntry, enqueue } from './inbox';

export function createRequests(db: Database): CreationRequests {
  return {
    accept: (request) => inTransaction(db, (tx) => acceptRequest(tx, request)),
    outcome: (requestId) => outcomeOf(db, requestId),
  };
}

/** Keeps a request and puts the person to work in lane `create`. A repeated id changes nothing and says so. */
export async function acceptRequest(
  tx: Db,
  request: CreationRequest,
): Promise<{ readonly repeated: boolean; readonly outcome?: CreationOutcome }> {
  const inserted = await tx
    .insertInto('request')
    .values({
      request_id: request.requestId,
      marketo_id: request.marketoId,
      sync_as: request.syncAs,
      assign_to: request.assignTo ?? null,
      campaign_id: request.campaignId ?? null,
      caller: request.caller ?? null,
      source: request.source,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (Number(inserted.numInsertedOrUpdatedRows ?? 0) === 0) {
    const outcome = await outcomeOf(tx, request.requestId);
    return outcome ? { repeated: true, outcome } : { repeated: true };
  }
  await enqueue(tx, [creationEntry(request.marketoId)]);
  return { repeated: false };
}

export async function outcomeOf(db: Db, requestId: string): Promise<CreationOutcome | undefined> {
  const row = await db.selectFrom('request').select('outcome').where('request_id', '=', requestId).executeTakeFirst();
  return row?.outcome ?? undefined;
}

export interface OpenRequest {
  readonly requestId: string;
  readonly syncAs: Table;
  readonly assignTo: string | null;
}

export interface EndedRequests {
  /** Of one person, oldest first. */
  readonly requestIds: readonly string[];
  /** Of the first of them, as it was served. */
  readonly outcome: CreationOutcome;
  /** Of the others, which found it done. */
  readonly others: CreationOutcome;
}

/** Gives requests their outcome. Only the first of a person is written to its activity log, unless nothing was done. */
export async function endRequests(tx: Db, ends: readonly EndedRequests[]): Promise<void> {
  const answers = ends.flatMap(({ requestIds, outcome, others }) =>
    requestIds.map((id, index) => ({
      id,
      outcome: index === 0 ? outcome : others,
      silent: index > 0 || outcome.status === 'alreadySynced',
    })),
  );
  if (answers.length === 0) return;
  await sql`
    update request set outcome = x.outcome, ended_at = now(), logged_at = case when x.silent then now() end
    from jsonb_to_recordset(${JSON.stringify(answers)}::jsonb) as x(id text, outcome jsonb, silent boolean)
    where request_id = x.id and ended_at is null`.execute(tx);
}

/** Opens the last request of each person again that was refused or put up for review, unless one is open: to be served once more. */
export async function reopenRequests(tx: Db, marketoIds: readonly string[]): Promise<void> {
  if (marketoIds.length === 0) return;
  await sql`
    update request set outcome = null, ended_at = null, log_started_at = null, logged_at = null
    where request_id in (
      select distinct on (r.marketo_id) r.request_id from request r
      where r.marketo_id = any(${marketoIds}) and r.outcome->>'status' in ('rejected', 'review')
        and not exists (select 1 from request o where o.marketo_id = r.marketo_id and o.ended_at is null)
      order by r.marketo_id, r.accepted_at desc, r.request_id)`.execute(tx);
}

export interface UnloggedRequest {
  readonly requestId: string;
  readonly syncAs: Table;
  readonly assignTo: string | null;
  readonly outcome: CreationOutcome;
  readonly endedAt: Date;
  /** Set when an earlier try may have reached Marketo: look before adding again. */
  readonly startedAt: Date | null;
}

/**
 * Ended requests of each person, in the order of `marketoIds`, whose outcome is not on its activity log yet; marks them as started. A person
 * has one workflow that serves requests, so whoever takes them again is a repetition of that one.
 */
export async function takeUnloggedRequests(
  db: Db,
  marketoIds: readonly string[],
): Promise<readonly (readonly UnloggedRequest[])[]> {
  const { rows } = await sql<UnloggedRequest & { readonly marketoId: string }>`
    with taken as (
      select request_id, log_started_at from request
      where marketo_id = any(${marketoIds}) and ended_at is not null and logged_at is null order by request_id for update)
    update request r set log_started_at = coalesce(r.log_started_at, now())
    from taken where r.request_id = taken.request_id
    returning r.marketo_id as "marketoId", r.request_id as "requestId", r.sync_as as "syncAs", r.assign_to as "assignTo", r.outcome,
      r.ended_at as "endedAt", taken.log_started_at as "startedAt"`.execute(db);
  const inOrder = rows.toSorted((a, b) => a.endedAt.getTime() - b.endedAt.getTime());
  return marketoIds.map((id) => inOrder.filter(({ marketoId }) => marketoId === id));
}

export async function markRequestsLogged(db: Db, requestIds: readonly string[]): Promise<void> {
  if (requestIds.length === 0) return;
  await sql`update request set logged_at = now() where request_id = any(${requestIds})`.execute(db);
}

/** After a definite "not added": the next try need not look first. */
export async function markRequestsNotStarted(db: Db, requestIds: readonly string[]): Promise<void> {
  if (requestIds.length === 0) return;
  await sql`update request set log_started_at = null where request_id = any(${requestIds}) and logged_at is null`.execute(db);
}
