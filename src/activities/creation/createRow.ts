/** `createRow`: makes the person's row in Dynamics, or links the one there is, and answers the campaign. Repeating it ends the same. */
import { linkedBy } from '../../core/match';
import { createValues } from '../../core/reconcile';
import type { CreationOutcome, Failure } from '../../core/ports';
import { refusalSentence } from '../../core/refusals';
import { labelOn } from '../../core/rules';
import type { Snapshot, TablePlan } from '../../core/types';
import { NOT_YET } from '../../remote/group';
import type { NewRejection } from '../../store/rejections';
import { type CreationSettlement, settledCreation } from '../../store/creation';
import { noteFailure, release } from '../../store/inbox';
import { fencedForMs } from '../../store/fence';
import { supersede } from '../../store/settle';
import type { ActivityDeps } from '../deps';
import { deferralMs, describeFailure, isDeferral, toApplicationFailure } from '../failures';
import { baselineOfCreated } from '../record/createPerson';
import { toLedger } from '../record/holds';
import { sendIsolating } from '../record/send';
import { resultOf } from '../record/write';
import { busy } from './busy';
import type { CreationReport, CreationRun, PlannedRow } from './types';

const AGAIN: CreationReport = { again: true, rejected: false };
const UNSENT: CreationReport = { again: false, rejected: false, unsent: true };

export function createCreateRow(deps: ActivityDeps) {
  return async function createRow({ run, row }: { run: CreationRun; row: PlannedRow }): Promise<CreationReport> {
    const held = await deps.runs.held(run);
    const person = held?.snapshots.marketo;
    if (held === undefined || !person) return endedBefore(deps, run);
    const made = row.kind === 'link' ? link(row, person, held.snapshots.dynamics) : await create(deps, run, row, person);
    if ('failure' in made && made.failure.code === NOT_YET) return UNSENT;
    if ('failure' in made) return stop(deps, run, made.failure);
    const outcome = await deps.runs.settleCreation({ ...run, ...made });
    await deps.matchLeases.end(run.key);
    if (outcome === undefined) return AGAIN;
    return { outcome, again: false, rejected: made.row !== undefined && made.rejections.length > 0 };
  };
}

/** Nothing is held any more: this run ended and was killed before it could say so, or somebody else has the person. */
async function endedBefore(deps: ActivityDeps, run: CreationRun): Promise<CreationReport> {
  const outcome = await settledCreation(deps.db, run);
  if (outcome === undefined) return AGAIN;
  await deps.matchLeases.end(run.key);
  return { outcome, again: false, rejected: false };
}

type Made = Pick<CreationSettlement, 'outcome' | 'row' | 'baseline' | 'rejections' | 'results'>;

/** No baseline: what both hold is compared by the seed rule in the run that follows. */
function link({ table, microsoftId }: PlannedRow, person: Snapshot, found: Snapshot | null | undefined): Made {
  const control = found?.control;
  return {
    outcome: { status: 'linked', microsoftId },
    row: { table, id: microsoftId, origin: linkedBy(person, microsoftId), ...(control ? { control } : {}) },
    baseline: {},
    rejections: [],
  };
}

/** Fields that Dynamics refuses are left out and held, so that one bad value does not keep a person out of Dynamics. */
async function create(
  deps: ActivityDeps,
  run: CreationRun,
  { table, microsoftId, ownerId }: PlannedRow,
  person: Snapshot,
): Promise<Made | { readonly failure: Failure }> {
  const plan = (await deps.plans.current()).tables[table];
  const wanted = createValues(plan, person, 'dynamics');
  const { refused } = toLedger(plan, wanted.decisions, []);
  const missing = refused.find(({ code }) => code === 'required');
  // Dynamics' API would take a row without its required columns; its users could not save it.
  if (missing !== undefined)
    return { outcome: { status: 'rejected', code: missing.code, reason: missing.message }, baseline: {}, rejections: refused };
  // What the row gets otherwise stands on the person; a default is on neither side, so it is written down why the row has it.
  const defaults = toLedger(
    plan,
    wanted.decisions.filter(({ rule }) => rule === 'default'),
    [],
  ).entries;
  await deps.runs.planDecisions(run, defaults);
  const columns = new Map(plan.fields.map((field) => [field.marketo, field.column]));
  const inColumns = (values: typeof wanted.values) =>
    Object.fromEntries(Object.entries(values).map(([field, value]) => [columns.get(field) ?? field, value]));
  const result = await sendIsolating(deps.plans, plan, 'dynamics', wanted.values, (values) =>
    deps.flush.createRow({
      pairId: run.pairId,
      epoch: run.epoch,
      item: { entity: table, key: microsoftId, values: inColumns(values), ...(ownerId === undefined ? {} : { ownerId }) },
    }),
  );
  if ('failure' in result) return result;
  const { answer, accepted, rejections } = result.sent;
  const all = [...refused, ...rejections];
  const results = defaults.map((entry) => resultOf(entry, { dynamics: accepted, marketo: {} }));
  if (answer === undefined)
    return { outcome: refusal(plan, rejections[0] ?? refused[0]), baseline: {}, rejections: all, results };
  return {
    outcome: { status: 'created', microsoftId },
    row: { table, id: microsoftId, origin: 'rowCreated' },
    baseline: baselineOfCreated(wanted.decisions, accepted),
    rejections: all,
    results,
  };
}

function refusal(plan: TablePlan, first: NewRejection | undefined): CreationOutcome {
  if (first === undefined)
    return { status: 'rejected', code: 'nothingToSend', reason: 'The person has no value that Dynamics could take' };
  const label = labelOn(plan, 'dynamics', first.field);
  return { status: 'rejected', code: first.code, reason: `${refusalSentence({ ...first, label })} (${first.code})` };
}

async function stop(deps: ActivityDeps, run: CreationRun, failure: Failure): Promise<CreationReport> {
  const fenceMs = await fencedForMs(deps.db, run.pairId);
  if (failure.code === 'superseded') {
    if (fenceMs > 0) throw busy('An earlier try of this write may still be under way', fenceMs);
    return AGAIN;
  }
  if (failure.kind === 'conflict' || failure.kind === 'gone' || isDeferral(failure)) await supersede(deps.db, run);
  if (failure.kind === 'conflict' || failure.kind === 'gone') return AGAIN;
  if (isDeferral(failure)) {
    await release(deps.db, [run.key], deferralMs(failure));
    return { deferred: describeFailure('dynamics', failure), again: false, rejected: false };
  }
  await noteFailure(deps.db, run.key, failure.code, failure.message);
  throw toApplicationFailure('dynamics', failure, failure.outcomeUnknown ? fenceMs : undefined);
}
