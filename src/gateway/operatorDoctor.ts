/** `POST /operator/doctor`: everything the sync needs, looked at, with what each finding means and how to mend it. */
import type { FastifyInstance } from 'fastify';
import { type Check, ok, problem, warning } from '../core/doctor';
import type { ScheduleState } from '../temporal/schedule';
import { DOCTOR_WORKFLOW_ID } from '../temporal/lookInto';
import { within } from './deadline';
import type { DeskRoutes } from './deskRoutes';
import { HttpError } from './errors';
import { reportOf } from './report';

export interface DoctorAnswer {
  /** False when something must be mended. */
  readonly healthy: boolean;
  readonly checks: readonly Check[];
}

export function registerDoctor(app: FastifyInstance, routes: DeskRoutes): void {
  const { onRequest } = routes;
  app.post('/operator/doctor', { onRequest }, async (): Promise<DoctorAnswer> => {
    const checks = [await storeCheck(routes), ...(await temporalChecks(routes))];
    return { healthy: checks.every(({ status }) => status !== 'problem'), checks };
  });
}

async function storeCheck({ desk, stored }: DeskRoutes): Promise<Check> {
  const about = { name: 'store', title: 'The store (PostgreSQL)' };
  try {
    await stored(desk.plans.page(0, 1));
    return ok(about, 'It answers, and its tables are up to date.');
  } catch {
    return problem(about, 'It does not answer.', 'Check DATABASE_URL, and that PostgreSQL runs.');
  }
}

async function temporalChecks(routes: DeskRoutes): Promise<readonly Check[]> {
  const { temporal, waits, desk } = routes;
  const about = { name: 'temporal', title: 'Temporal' };
  if (!(await within(temporal.isAlive(), waits.temporalMs)))
    return [problem(about, 'It does not answer, so nothing is synced.', 'Check TEMPORAL_ADDRESS, and that the server runs.')];
  const schedule = await within(
    temporal.schedule().catch(() => undefined),
    waits.temporalMs,
  );
  return [ok(about, 'It answers.'), scheduleCheck(schedule), ...(await sideChecks(routes, () => desk.looks.doctor()))];
}

function scheduleCheck(schedule: ScheduleState | undefined): Check {
  const about = { name: 'schedule', title: 'The Schedule of the cycle' };
  if (schedule === undefined)
    return problem(about, 'There is none, so no cycle runs.', 'Start the worker: it makes the Schedule when it comes up.');
  if (schedule.nextRunAt === undefined)
    return warning(about, 'It is paused, so no cycle runs.', 'Unpause the Schedule sync-every-5m in Temporal Web UI.');
  return ok(about, `The next cycle runs at ${schedule.nextRunAt}.`);
}

/** What only the worker can ask. */
async function sideChecks(
  routes: DeskRoutes,
  look: () => Promise<{ readonly checks: readonly Check[] }>,
): Promise<readonly Check[]> {
  const about = { name: 'worker', title: 'The worker' };
  try {
    const { checks } = await reportOf(routes, DOCTOR_WORKFLOW_ID, look);
    return [ok(about, 'It runs.'), ...checks];
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const fix = 'Start the worker (its log says what keeps it), then ask again: the run goes on as soon as it is there.';
    return [problem(about, error.message, fix)];
  }
}
