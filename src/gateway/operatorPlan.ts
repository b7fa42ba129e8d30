/** `POST /operator/plan` has the next cycle worked out; `GET /operator/plan` tells what it would write, where and why. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { PlanPage, PlanSummary } from '../core/plan';
import { PLAN_WORKFLOW_ID } from '../temporal/lookInto';
import { type DeskRoutes, notKnown } from './deskRoutes';
import { reportOf } from './report';

const MAX_LINES = 1_000;

const pageQuery = z.object({
  after: z.coerce
    .number({ error: 'must be a number' })
    .int('must be a whole number')
    .nonnegative('must not be negative')
    .default(0),
});

export function registerPlan(app: FastifyInstance, routes: DeskRoutes): void {
  const { desk, onRequest, stored, log } = routes;

  app.post('/operator/plan', { onRequest }, async (): Promise<PlanSummary> => {
    const summary = await reportOf(routes, PLAN_WORKFLOW_ID, () => desk.looks.plan());
    log.info({ writes: summary.writes, stopped: summary.stopped !== undefined }, 'an operator had a plan made');
    return summary;
  });

  app.get('/operator/plan', { onRequest, schema: { querystring: pageQuery } }, async ({ query }): Promise<PlanPage> => {
    const { after } = query as z.output<typeof pageQuery>;
    const page = await stored(desk.plans.page(after, MAX_LINES));
    if (page === undefined) throw notKnown('No plan has been made yet: POST /operator/plan makes one.');
    return page;
  });
}
