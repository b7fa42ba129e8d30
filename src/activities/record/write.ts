/** `write`: sends the changed fields, Dynamics first, and settles the record. Repeating it ends the same. */
import { withoutSpentGuards } from '../../core/echo';
import { linkedBy } from '../../core/match';
import type { Failure } from '../../core/ports';
import type { Lane, RawValue, SideName } from '../../core/types';
import { noteGone } from '../../store/deletes';
import { pingPongReview } from '../../store/parking';
import { adoptFormerLead, takeOverFromLead } from '../../store/qualify';
import type { LedgerEntry } from '../../store/decisions';
import { noteFailure, release } from '../../store/inbox';
import { NOT_YET } from '../../remote/group';
import { fencedForMs } from '../../store/fence';
import type { NewRejection } from '../../store/rejections';
import type { HeldRecord } from '../../store/pairs';
import { type FieldResult, type Settlement, settledRun, supersede } from '../../store/settle';
import type { ActivityDeps } from '../deps';
import { deferralMs, describeFailure, isDeferral, toApplicationFailure } from '../failures';
import { baselineOf, keptForContact } from './baselines';
import { createPersonFor } from './createPerson';
import { type Course, type Decided, decideRecord } from './decide';
import type { Planned } from './resolve';
import type { RecordRun, WriteReport } from './run';
import { type FieldValues, sendIsolating } from './send';

/** What was sent, or the failure that stopped it. */
export type Ending = { readonly settlement: Settlement } | { readonly side: SideName; readonly failure: Failure };

/** How soon a missing person is looked for again. */
const MISSING_RETRY_MS = 60_000;

const SUPERSEDED: WriteReport = { outcome: 'superseded', again: false, rejected: false, why: 'A newer run holds this pair' };

/** The run goes on holding its record; what was decided stands. */
const UNSENT: WriteReport = { outcome: 'deferred', again: false, rejected: false, unsent: true };

export function createWrite(deps: ActivityDeps) {
  return async function write({ run }: { run: RecordRun }): Promise<WriteReport> {
    const held = await deps.runs.held(run);
    if (held === undefined) return (await endedBefore(deps, run)) ?? leave(deps, run, SUPERSEDED, 0);
    return carryOut(deps, run, { held, decided: await decideRecord(deps, held) });
  };
}

/** Sends what was decided and settles the record. What was decided need not be true any more: fences and settlement find that out. */
export async function carryOut(deps: ActivityDeps, run: RecordRun, { held, decided }: Planned): Promise<WriteReport> {
  const { course } = decided;
  const settledElsewhere = await endWithoutPair(deps, run, held.lane, course);
  if (settledElsewhere !== undefined) return settledElsewhere;
  const ending =
    course.kind === 'createPerson' ? await createPersonFor(deps, run, held, course) : await writePair(deps, run, held, decided);
  if ('failure' in ending && ending.failure.code === NOT_YET) return UNSENT;
  if ('failure' in ending) return stop(deps, run, ending.side, ending.failure);
  const { settlement } = ending;
  const settled = await deps.runs.settle(settlement);
  // A row without a person was decided under the lease on its e-mail, whatever came of it.
  if (held.marketoId === null) await deps.matchLeases.end(run.key);
  if (settled.superseded) return leave(deps, run, SUPERSEDED, 0);
  const code = settlement.rejections[0]?.code;
  return {
    outcome: settled.outcome,
    again: false,
    rejected: settlement.rejections.length + settlement.stillRejected.length > 0,
    ...(code ? { rejectCode: code } : {}),
  };
}

/** Courses that end otherwise than by settling this pair: it is waited for, or gives way to another pair. */
async function endWithoutPair(deps: ActivityDeps, run: RecordRun, lane: Lane, course: Course): Promise<WriteReport | undefined> {
  if (course.kind === 'missing') {
    await noteGone(deps.db, run.pairId, course.rowVersion);
    const why = 'The person is missing in Marketo: whether it was merged or deleted will be known soon';
    return leave(
      deps,
      run,
      { outcome: 'deferred', again: false, rejected: false, why },
      Math.min(course.waitMs, MISSING_RETRY_MS),
    );
  }
  if (course.kind === 'takeOver') {
    const { dynamics, lead, carried } = course;
    const outcome = await takeOverFromLead(deps.db, { run, contactId: dynamics.id, lead, carried, lane });
    await deps.matchLeases.end(run.key);
    if (outcome === 'superseded') return leave(deps, run, SUPERSEDED, 0);
    return { outcome, again: false, rejected: false, why: 'The contact was made from a paired lead and takes over its person' };
  }
  if (course.kind === 'formerLead') {
    const done = await adoptFormerLead(deps.db, { run, leadId: course.leadId, contactPairId: course.contactPairId });
    await deps.matchLeases.end(run.key);
    if (!done) return leave(deps, run, SUPERSEDED, 0);
    return { outcome: 'unchanged', again: false, rejected: false, why: 'The lead was qualified; its contact has the person' };
  }
  return undefined;
}

/** The report of a run that was settled and then killed before it could hand it in. */
async function endedBefore(deps: ActivityDeps, run: RecordRun): Promise<WriteReport | undefined> {
  const end = await settledRun(deps.db, run);
  return end && { ...end, again: false, rejected: end.rejectCode !== undefined };
}

async function writePair(
  deps: ActivityDeps,
  run: RecordRun,
  { lane, baseline, entries, snapshots }: HeldRecord,
  { course, ledger, restless }: Decided,
): Promise<Ending> {
  const rejections: NewRejection[] = [...ledger.refused];
  const accepted: Record<SideName, FieldValues> = { dynamics: {}, marketo: {} };
  let guard: FieldValues = {};
  if (course.kind === 'reconcile' || course.kind === 'flagDeleted') {
    const held = { pairId: run.pairId, epoch: run.epoch, lane };
    const { plan, marketo, dynamics } = course;
    const columns = new Map(plan.fields.map((field) => [field.marketo, field.column]));
    const toDynamics = await sendIsolating(deps.plans, plan, 'dynamics', plannedValues(ledger.entries, 'dynamics'), (values) =>
      deps.flush.dynamics({
        ...held,
        item: {
          entity: dynamics.entity,
          id: dynamics.id,
          values: Object.fromEntries(Object.entries(values).map(([field, value]) => [columns.get(field) ?? field, value])),
          ...(dynamics.version === undefined ? {} : { version: dynamics.version }),
        },
      }),
    );
    if ('failure' in toDynamics) return { side: 'dynamics', failure: toDynamics.failure };
    const decidedOn = Object.fromEntries(ledger.entries.map(({ decision }) => [decision.field, decision.marketo]));
    const toMarketo = await sendIsolating(deps.plans, plan, 'marketo', plannedValues(ledger.entries, 'marketo'), (values) =>
      deps.flush.marketo({
        ...held,
        item: { entity: 'person', id: marketo.id, values },
        decidedOn,
        readAt: snapshots.readAt ?? 0,
        plans: plan.fields,
      }),
    );
    if ('failure' in toMarketo) return { side: 'marketo', failure: toMarketo.failure };
    rejections.push(...toDynamics.sent.rejections, ...toMarketo.sent.rejections);
    accepted.dynamics = toDynamics.sent.accepted;
    accepted.marketo = toMarketo.sent.accepted;
    guard = toMarketo.sent.answer?.guard ?? {};
  }
  const results = ledger.entries.map((entry) => resultOf(entry, accepted));
  return {
    settlement: {
      ...run,
      outcome: outcomeOf(course, ledger.entries, results, rejections.length + ledger.still.length),
      results,
      baseline: {
        ...(course.kind === 'reconcile' ? withoutSpentGuards(course.plan, baseline, entries) : {}),
        ...keptForContact(
          course,
          ledger.entries,
          baselineOf(ledger.entries, results, guard, Math.floor(deps.clock.now().getTime() / 1000)),
        ),
      },
      rejections,
      stillRejected: ledger.still,
      ...(restless.length > 0 ? { reviews: [pingPongReview(restless)] } : {}),
      ...pairAfter(course, lane),
    },
  };
}

function plannedValues(entries: readonly LedgerEntry[], side: SideName): FieldValues {
  const values: Record<string, RawValue> = {};
  for (const { decision, writes } of entries)
    for (const write of writes) if (write.side === side && write.result === 'planned') values[decision.field] = write.value;
  return values;
}

export function resultOf(entry: LedgerEntry, accepted: Readonly<Record<SideName, FieldValues>>): FieldResult {
  const { field } = entry.decision;
  const writes = entry.writes.map((write) =>
    write.result === 'planned'
      ? { ...write, result: field in accepted[write.side] ? ('confirmed' as const) : ('rejected' as const) }
      : write,
  );
  const open = writes.find((write) => write.result !== 'confirmed')?.result;
  return { field, writes, result: entry.result === 'planned' ? (open ?? 'confirmed') : entry.result };
}

function outcomeOf(
  course: Course,
  entries: readonly LedgerEntry[],
  results: readonly FieldResult[],
  refusals: number,
): WriteReport['outcome'] {
  if (course.kind === 'flagDeleted' || course.kind === 'personDeleted') return 'deleted';
  if (course.kind === 'linkPerson') return 'linked';
  if (course.kind === 'mergedRow' || course.kind === 'deleteHeld' || course.kind === 'ambiguous') return 'review';
  if (entries.some(({ decision }) => decision.rule.endsWith(':review'))) return 'review';
  if (refusals > 0) return 'rejected';
  return results.some((result) => result.writes.some((write) => write.result === 'confirmed')) ? 'written' : 'unchanged';
}

/** What the course of the record as a whole does to the pair. */
function pairAfter(course: Course, lane: Lane): Partial<Settlement> {
  switch (course.kind) {
    case 'reconcile':
      return { state: 'live', compared: true, ...(course.dynamics.control ? { control: course.dynamics.control } : {}) };
    case 'flagDeleted':
      return { state: 'rowDeleted' };
    case 'personDeleted':
      return { state: 'personDeleted', ...(course.again ? { again: { ...course.again, lane } } : {}) };
    case 'frozen':
      return course.control ? { control: course.control } : {};
    case 'linkPerson':
      return {
        state: 'live',
        resetBaseline: true,
        person: {
          marketoId: course.person.id,
          origin: linkedBy(course.person, course.dynamics.id),
          lane,
          row: course.dynamics,
        },
        ...(course.dynamics.control ? { control: course.dynamics.control } : {}),
      };
    case 'mergedRow':
      return {
        state: 'review',
        reviews: [
          {
            kind: 'mergedRows',
            detail: { table: course.dynamics.entity, microsoftId: course.dynamics.id, masterId: course.masterId },
          },
        ],
      };
    case 'deleteHeld':
      return { reviews: [{ kind: 'deleteGuard', detail: { recent: course.recent, allowed: course.allowed } }] };
    case 'ambiguous':
      return { reviews: [{ kind: 'ambiguousMatch', detail: { people: course.marketoIds } }] };
    default:
      return {};
  }
}

/** A failure that is not a refusal: decide again, come back later, or let Temporal try again. */
async function stop(deps: ActivityDeps, run: RecordRun, side: SideName, failure: Failure): Promise<WriteReport> {
  const fenceMs = await fencedForMs(deps.db, run.pairId);
  if (failure.code === 'superseded' && fenceMs > 0 && (await deps.runs.held(run)) !== undefined)
    // Our own earlier try of this write got no answer: nobody may send again before it must have ended.
    throw toApplicationFailure(side, { ...failure, kind: 'retry', code: 'fenced' }, fenceMs);
  if (failure.code === 'superseded') return leave(deps, run, SUPERSEDED, 0);
  const why = describeFailure(side, failure);
  if (failure.kind === 'conflict' || failure.kind === 'gone') {
    await supersede(deps.db, run);
    return { outcome: 'deferred', again: true, rejected: false, why };
  }
  if (isDeferral(failure))
    return leave(deps, run, { outcome: 'deferred', again: false, rejected: false, why }, deferralMs(failure));
  await noteFailure(deps.db, run.key, failure.code, failure.message);
  throw toApplicationFailure(side, failure, failure.outcomeUnknown ? fenceMs : undefined);
}

/** Ends this run and leaves the record open for another one, the attempt refunded. */
async function leave(deps: ActivityDeps, run: RecordRun, report: WriteReport, waitMs: number): Promise<WriteReport> {
  await supersede(deps.db, run);
  await release(deps.db, [run.key], waitMs);
  return report;
}
