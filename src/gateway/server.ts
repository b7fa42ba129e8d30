/** The front doors as one HTTP server: the campaigns' webhook and flow steps, the operators' API, health. */
import { setMaxListeners } from 'node:events';
import fastify, { type FastifyInstance } from 'fastify';
import { acceptJson } from './bodies';
import type { GatewayDeps, Waits } from './deps';
import { answerErrors } from './errors';
import { registerFlowSteps } from './flowSteps/register';
import { registerHealth } from './health';
import { registerOperator } from './operator';
import { registerDesk } from './operatorDesk';
import { registerSetUp } from './setUp';
import { registerWebhook } from './webhook';

/** Largest body read, in bytes. */
const BODY_LIMIT = 1024 * 1024;
/** A client must have sent its request by then. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Marketo gives a webhook up after 30 s, so it is answered well before; proxies often give everybody up after 60 s. */
const WAITS: Waits = {
  acceptMs: 3_000,
  outcomeMs: 10_000,
  pollMs: 50,
  storeMs: 20_000,
  temporalMs: 3_000,
  reportMs: 45_000,
  unattendedMs: 10_000,
};

/** Builds the server; the caller listens and closes. Closing answers those who wait at once: webhooks with 202, a set-up with 503. */
export function createGateway(deps: GatewayDeps): FastifyInstance {
  const app = fastify({ bodyLimit: BODY_LIMIT, requestTimeout: REQUEST_TIMEOUT_MS, logger: false });
  const waits = { ...WAITS, ...deps.waits };
  const closing = new AbortController();
  // Everybody who waits listens to it.
  setMaxListeners(0, closing.signal);
  app.addHook('preClose', async () => closing.abort());
  // The route, not the URL: a URL may carry anything.
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    deps.log.debug(
      { method: request.method, route, status: reply.statusCode, tookMs: Math.round(reply.elapsedTime) },
      'answered',
    );
  });

  answerErrors(app, deps.log);
  acceptJson(app);
  registerHealth(app, deps.health);
  registerWebhook(app, deps, waits, closing.signal);
  if (deps.flowStep !== undefined) registerFlowSteps(app, { ...deps, flowStep: deps.flowStep }, waits);
  registerOperator(app, deps, waits);
  registerSetUp(app, deps, waits, closing.signal);
  if (deps.desk !== undefined) registerDesk(app, { ...deps, desk: deps.desk }, waits, closing.signal);
  return app;
}
