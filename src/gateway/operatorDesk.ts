/** What operators decide and look into, beside the daily status and retry: explain, reviews, plan, import, doctor, erase. */
import type { FastifyInstance } from 'fastify';
import { OPERATORS, requireBearer } from './auth';
import type { GatewayDeps, OperatorDesk, Waits } from './deps';
import type { DeskRoutes } from './deskRoutes';
import { fromStore } from './fromStore';
import { registerDoctor } from './operatorDoctor';
import { registerErase } from './operatorErase';
import { registerExplain } from './operatorExplain';
import { registerImport } from './operatorImport';
import { registerPlan } from './operatorPlan';
import { registerReviews } from './operatorReviews';

export function registerDesk(
  app: FastifyInstance,
  deps: GatewayDeps & { readonly desk: OperatorDesk },
  waits: Waits,
  closing: AbortSignal,
): void {
  const { temporal, log, clock, desk } = deps;
  const onRequest = requireBearer(deps.tokens.operator, OPERATORS);
  const stored = <T>(work: Promise<T>): Promise<T> => fromStore(work, waits.storeMs, log);
  const routes: DeskRoutes = { temporal, log, clock, desk, onRequest, waits, closing, stored };
  registerExplain(app, routes);
  registerReviews(app, routes);
  registerPlan(app, routes);
  registerImport(app, routes);
  registerDoctor(app, routes);
  registerErase(app, routes);
}
