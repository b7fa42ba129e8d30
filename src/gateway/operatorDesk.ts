/** What operators decide and look into, beside the daily status and retry: explain, reviews, plan, import, doctor. */
import type { FastifyInstance } from 'fastify';
import { requireBearer } from './auth';
import type { GatewayDeps, OperatorDesk, Waits } from './deps';
import { HttpError } from './errors';
import { fromStore } from './fromStore';
import { registerExplain } from './operatorExplain';

/** What each of the desk's routes is made with. */
export interface DeskRoutes extends Pick<GatewayDeps, 'temporal' | 'log' | 'clock'> {
  readonly desk: OperatorDesk;
  readonly onRequest: ReturnType<typeof requireBearer>;
  readonly waits: Waits;
  readonly closing: AbortSignal;
  /** Asks the store; answers 503 when it does not. */
  stored<T>(work: Promise<T>): Promise<T>;
}

/** Thrown for an id or number that nothing has. */
export class HttpNotKnown extends HttpError {
  constructor(message: string) {
    super(404, 'notKnown', message);
  }
}

export function registerDesk(
  app: FastifyInstance,
  deps: GatewayDeps & { readonly desk: OperatorDesk },
  waits: Waits,
  closing: AbortSignal,
): void {
  const { temporal, log, clock, desk } = deps;
  const onRequest = requireBearer(deps.tokens.operator, 'MDSYNC_OPERATOR_TOKEN');
  const stored = <T>(work: Promise<T>): Promise<T> => fromStore(work, waits.storeMs, log);
  const routes: DeskRoutes = { temporal, log, clock, desk, onRequest, waits, closing, stored };
  registerExplain(app, routes);
}
