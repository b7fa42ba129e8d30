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

/** The requests for one person that have no outcome yet, oldest first. The oldest says how the row is created. */
export async function openRequests(db: Db, marketoId: string): Promise<readonly OpenRequest[]> {
  return db
    .selectFrom('request')
    .select(['request_id as requestId', 'sync_as as syncAs', 'assign_to as assignTo'])
    .where('marketo_id', '=', marketoId)
    .where('ended_at', 'is', null)
    .orderBy('accepted_at')
    .orderBy('request_id')
    .execute();
}

/**
 * Gives requests their outcome. The first is answered as it was served; the others of the same person found it done. Only the
 * first is written to the person's activity log, unless nothing was done.
 */
export async function endRequests(
  tx: Db,
  requestIds: readonly string[],
  outcome: CreationOutcome,
  others: CreationOutcome,
): Promise<void> {
  const [first, ...rest] = requestIds;
  if (first === undefined) return;
  const silent = outcome.status === 'alreadySynced';
  await sql`
    update request set outcome = ${JSON.stringify(outcome)}::jsonb, ended_at = now(), logged_at = case when ${silent} then now() end
    where request_id = ${first} and ended_at is null`.execute(tx);
  if (rest.length === 0) return;
  await sql`
    update request set outcome = ${JSON.stringify(others)}::jsonb, ended_at = now(), logged_at = now()
    where request_id = any(${rest}) and ended_at is null`.execute(tx);
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
 * Ended requests whose outcome is not on the person's activity log yet; marks them as started. A person has one workflow that serves
 * requests, so whoever takes them again is a repetition of that one.
 */
export async function takeUnloggedRequests(db: Db, marketoId: string): Promise<readonly UnloggedRequest[]> {
  const { rows } = await sql<UnloggedRequest>`
    with taken as (
      select request_id, log_started_at from request
      where marketo_id = ${marketoId} and ended_at is not null and logged_at is null order by ended_at for update)
    update request r set log_started_at = coalesce(r.log_started_at, now())
    from taken where r.request_id = taken.request_id
    returning r.request_id as "requestId", r.sync_as as "syncAs", r.assign_to as "assignTo", r.outcome, r.ended_at as "endedAt",
      taken.log_started_at as "startedAt"`.execute(db);
  return rows;
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
