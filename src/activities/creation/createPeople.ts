/** The steps of one creation, for many people at once: they share calls and statements, and one run. */
import { release, reopen, takeKeys } from '../../store/inbox';
import { recordKey, type SyncOutcome } from '../../temporal/names';
import { whileAlive } from '../alive';
import type { ActivityDeps } from '../deps';
import { count, type Outcomes } from '../outcomes';
import { ownRun } from '../ownRun';
import type { CreationReport, CreationRun, FetchedRequest, PlannedRow } from './types';

/** A person that keeps changing is left to a run of its own after this many looks. */
const MAX_ROUNDS = 3;
/** Whoever runs alone is the next cycle's, should its run not come about. */
const LATER_MS = 5_000;
const LOG_AGAIN_MS = 5 * 60_000;

export interface People {
  readonly marketoIds: readonly string[];
  /** The run of a cycle that has taken their inbox rows, if one has. */
  readonly takenBy?: string;
}

export interface CreatedPeople {
  readonly outcomes: Outcomes;
  /** Marketo ids of those who need a run of their own: something failed, or somebody else is at them. Their requests are open. */
  readonly alone: readonly string[];
}

/** The activities of a single creation. */
export interface CreationSteps {
  fetchRequest(input: { marketoId: string }): Promise<FetchedRequest>;
  createRow(input: { run: CreationRun; row: PlannedRow }): Promise<CreationReport>;
  logRequest(input: { marketoId: string }): Promise<unknown>;
}

export function createPeopleActivities({ db }: Pick<ActivityDeps, 'db'>, steps: CreationSteps) {
  async function createPeople({ marketoIds, takenBy }: People): Promise<CreatedPeople> {
    const idOf = new Map(marketoIds.map((id) => [recordKey.create(id), id]));
    const { mine, others } = await takeKeys(db, takenBy ?? ownRun(), [...idOf.keys()]);
    const outcomes: Outcomes = {};
    const failed: string[] = [];
    await Promise.all(
      mine.map(async (key) => {
        // Why it failed is shown by the run of its own.
        const outcome = await serve(idOf.get(key) ?? '').catch(() => undefined);
        if (outcome === undefined) failed.push(key);
        else count(outcomes, outcome);
      }),
    );
    await release(db, failed, LATER_MS);
    return { outcomes, alone: [...failed, ...others].flatMap((key) => idOf.get(key) ?? []) };
  }

  /** `undefined` when the person kept changing. */
  async function serve(marketoId: string): Promise<SyncOutcome | undefined> {
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const { deferred, run, row, outcome } = await steps.fetchRequest({ marketoId });
      if (deferred !== undefined) return 'deferred';
      if (run === undefined || row === undefined) return outcome?.status ?? 'unchanged';
      const report = await steps.createRow({ run, row });
      if (report.deferred !== undefined) return 'deferred';
      if (report.outcome !== undefined) return report.outcome.status;
    }
    return undefined;
  }

  /** Tells each person how it went. A log that cannot be written yet is tried again by a later cycle. */
  async function logRequests({ marketoIds }: Pick<People, 'marketoIds'>): Promise<void> {
    await Promise.all(
      marketoIds.map((marketoId) =>
        steps.logRequest({ marketoId }).catch(() => reopen(db, recordKey.create(marketoId), LOG_AGAIN_MS)),
      ),
    );
  }

  return {
    createPeople: (people: People) => whileAlive(() => createPeople(people)),
    logRequests: (people: Pick<People, 'marketoIds'>) => whileAlive(() => logRequests(people)),
  };
}
