/** A local Marketo: its REST and identity APIs over HTTP, with its limits and its habits, kept in one file. */
import type { FastifyInstance } from 'fastify';
import { createSandboxFrame, type SandboxFrame } from '../frame';
import { CALLBACK_PATH, registerFlowSteps } from './campaigns/flowStep/routes';
import { registerMarketoControl } from './control';
import { createRouter } from './http/router';
import { createMarketoServer } from './http/server';
import { createInstance, type Instance } from './instance';
import { createAdmission } from './limits/admission';
import { ROUTES } from './routes';
import { seedInstance } from './seed';

export interface MarketoSandbox {
  readonly app: FastifyInstance;
  /** Listens on 127.0.0.1 (port 0: any free one) and returns the base URL, without a trailing slash. */
  listen(port: number): Promise<string>;
  close(): Promise<void>;
}

export interface MarketoSandboxOptions {
  /** Where the data is kept; in memory only when absent. */
  readonly file?: string | undefined;
}

export async function createMarketoSandbox(options: MarketoSandboxOptions = {}): Promise<MarketoSandbox> {
  const admission = createAdmission();
  const server = createMarketoServer(() => instance, createRouter(ROUTES), admission);
  const frame: SandboxFrame = createSandboxFrame({
    name: 'marketo',
    file: options.file,
    seed: (body) => seedInstance(instance, body),
    reset: () => {
      instance = createInstance(frame.journal, frame.clock);
    },
    callerOf: (request) => server.callerOf(request),
    operationOf: (request) => (request.url === CALLBACK_PATH ? `POST ${CALLBACK_PATH}` : server.operationOf(request)),
    answerProblem: (problem, request, reply) => void server.answerProblem(problem, request, reply),
  });
  let instance: Instance = createInstance(frame.journal, frame.clock);
  const { app } = frame;
  app.addHook('onRequest', async (request, reply) => {
    // Before any latency, for a request counts as in progress from the beginning. `close` comes however the answer ends.
    if (/^\/(?:rest|bulk)\//.test(request.url)) reply.raw.once('close', admission.enter());
  });
  app.route({ method: app.supportedMethods, url: '/*', handler: (request, reply) => server.answer(request, reply) });
  registerMarketoControl(frame.control, () => instance);
  registerFlowSteps(frame, () => instance);
  await app.ready();
  return { app, listen: (port) => frame.listen(port), close: () => frame.close() };
}
