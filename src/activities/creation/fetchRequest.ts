/** `fetchRequest`: what campaigns ask for one person, and what is to be done about it. Claims the pair before anything is created. */
import { v5 as uuidV5 } from 'uuid';
import { emailKey } from '../../core/match';
import type { CreationOutcome, Failure } from '../../core/ports';
import type { SideName, Snapshot, Table } from '../../core/types';
import { release } from '../../store/inbox';
import type { Claim } from '../../store/pairs';
import type { OpenRequest } from '../../store/requests';
import { recordKey } from '../../temporal/names';
import type { ActivityDeps } from '../deps';
import { deferralMs, describeFailure, isDeferral, toApplicationFailure } from '../failures';
import { busy } from './busy';
import { findRowFor } from './twins';
import type { CreationRun, FetchedRequest, PlannedRow } from './types';

/** Any fixed UUID: it keeps our GUIDs apart from everybody else's v5 GUIDs. */
const NAMESPACE = '6a1f2f0e-8a52-4c39-9d6e-5b1d2c1a7d10';

export function createFetchRequest(deps: ActivityDeps) {
  return async function fetchRequest({ marketoId }: { marketoId: string }): Promise<FetchedRequest> {
    const { runs } = deps;
    const key = recordKey.create(marketoId);
    const { seq, live, unlogged, requests } = await runs.creationHead(marketoId);
    const [oldest] = requests;
    const requestIds = requests.map((request) => request.requestId);
    if (oldest === undefined) {
      await runs.endWithoutWork({ marketoId, seq, requestIds });
      return { unlogged };
    }
    if (live !== undefined) {
      const outcome: CreationOutcome = { status: 'alreadySynced', microsoftId: live.microsoftId };
      await runs.endWithoutWork({ marketoId, seq, requestIds, outcome });
      return { outcome, unlogged };
    }
    const claimed = await runs.claim(key);
    if ('nothingOpen' in claimed) return { unlogged };
    if ('fencedForMs' in claimed) throw busy('A write of this pair is still under way', claimed.fencedForMs);
    const { claim: held } = claimed;
    const run: CreationRun = { key, pairId: held.pairId, epoch: held.epoch, seq: held.seq, marketoId, requestIds };
    if (held.state === 'review') return end(deps, run, MERGED_AWAY);
    return plan(deps, run, held, oldest);
  };
}

async function plan(deps: ActivityDeps, run: CreationRun, held: Claim, request: OpenRequest): Promise<FetchedRequest> {
  const plans = await deps.plans.current();
  const [read] = await deps.marketo.read([{ entity: 'person', id: run.marketoId }], { person: plans.fields.person });
  if (read === undefined || 'failure' in read) return stop(deps, run, 'marketo', read?.failure ?? UNANSWERED);
  const person = read.ok;
  if (person === undefined) return refuse(deps, run, 'personNotFound', `Marketo has no person ${run.marketoId}`);
  const owner = await ownerOf(deps, request);
  if (owner !== undefined && 'failure' in owner) return stop(deps, run, 'dynamics', owner.failure);
  if (owner !== undefined && owner.ok === undefined)
    return refuse(
      deps,
      run,
      'unknownOwner',
      'Assign To is not an enabled Dynamics user: give the GUID or e-mail of one, or leave it empty',
    );

  const leased = await deps.matchLeases.take([{ holder: run.key, email: emailKey(person.values.email) }]);
  if (!leased.has(run.key)) throw busy('Another record with the same e-mail address is being matched', 1_000);
  const twin = await findRowFor(deps, plans, run.pairId, person);
  if ('failure' in twin) return stop(deps, run, 'dynamics', twin.failure);
  if ('several' in twin) return review(deps, run, twin.several);
  const found = 'one' in twin ? twin.one : undefined;
  const row = found ? linked(found) : await toCreate(deps, held, request, owner?.ok);
  if (row === undefined) throw busy('A newer run holds this pair', 500);
  await deps.runs.saveSnapshot({
    key: run.key,
    seq: run.seq,
    snapshot: { marketo: person, ...(found ? { dynamics: found } : {}) },
  });
  return { run, row, unlogged: true };
}

/** The owner that a request names; `undefined` when it names none: the row then belongs to the sync user. */
async function ownerOf(deps: ActivityDeps, { assignTo }: OpenRequest) {
  return assignTo === null || assignTo === '' ? undefined : deps.dynamics.findOwner(assignTo);
}

const linked = (found: Snapshot): PlannedRow => ({ kind: 'link', table: found.entity as Table, microsoftId: found.id });

async function toCreate(
  deps: ActivityDeps,
  held: Claim,
  { syncAs }: OpenRequest,
  ownerId: string | undefined,
): Promise<PlannedRow | undefined> {
  // The same wish always means the same row: a create whose answer was lost finds itself again.
  const idOf = (generation: number): string =>
    uuidV5([deps.options.marketoInstance, held.marketoId, syncAs, generation].join('|'), NAMESPACE);
  const microsoftId = await deps.runs.reserveRow({ pairId: held.pairId, epoch: held.epoch, table: syncAs, idOf });
  if (microsoftId === undefined) return undefined;
  return { kind: 'create', table: syncAs, microsoftId, ...(ownerId === undefined ? {} : { ownerId }) };
}

async function refuse(deps: ActivityDeps, run: CreationRun, code: string, reason: string): Promise<FetchedRequest> {
  return end(deps, run, { status: 'rejected', code, reason });
}

async function review(deps: ActivityDeps, run: CreationRun, rows: readonly Snapshot[]): Promise<FetchedRequest> {
  const reason = `${rows.length} Dynamics rows have this person's e-mail address: an operator has to say which one it is`;
  const detail = { rows: rows.map(({ entity, id }) => ({ table: entity, microsoftId: id })) };
  return end(deps, run, { status: 'review', code: 'ambiguousMatch', reason }, { kind: 'ambiguousMatch', detail });
}

async function end(
  deps: ActivityDeps,
  run: CreationRun,
  outcome: CreationOutcome,
  about?: { readonly kind: string; readonly detail: object },
): Promise<FetchedRequest> {
  const settled = await deps.runs.settleCreation({
    ...run,
    outcome,
    baseline: {},
    rejections: [],
    ...(about ? { review: about } : {}),
  });
  await deps.matchLeases.end(run.key);
  if (settled === undefined) throw busy('A newer run holds this pair', 500);
  return { outcome: settled, unlogged: true };
}

async function stop(deps: ActivityDeps, run: CreationRun, side: SideName, failure: Failure): Promise<FetchedRequest> {
  if (!isDeferral(failure)) throw toApplicationFailure(side, failure);
  await release(deps.db, [run.key], deferralMs(failure));
  return { deferred: describeFailure(side, failure), unlogged: false };
}

const MERGED_AWAY: CreationOutcome = {
  status: 'review',
  code: 'mergedRow',
  reason: "The person's row was merged into another one in Dynamics: merge the two people in Marketo if they are the same human",
};

const UNANSWERED: Failure = { kind: 'retry', scope: 'record', code: 'unanswered', message: 'One question has one answer' };
