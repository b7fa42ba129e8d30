/**
 * What the sandboxes have in common: an HTTP server that accepts any body and never answers in its framework's own words, a journal
 * that is written before each answer, counts, faults, latency, a clock and the control API.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type CallCounts, createCallCounts } from './calls';
import { createClock, type SandboxClock } from './clock';
import { type Control, isControl, registerControl } from './control';
import { createFaults, type Faults } from './faults';
import { type Journal, openJournal } from './journal';
import { createLatency } from './latency';

/** What the framework refuses by itself (a body over 11 MB, an unreadable URL, a strange method), or an exception of the sandbox's own code. */
export interface FrameProblem {
  readonly status: number;
  /** Fastify's code, such as `FST_ERR_CTP_BODY_TOO_LARGE`; `undefined` for an exception. */
  readonly code: string | undefined;
  readonly message: string;
}

export interface FrameOptions {
  readonly name: 'marketo' | 'dataverse';
  /** Where the journal is kept; in memory only when absent. */
  readonly file?: string | undefined;
  /** Makes data from the body of `POST /_sandbox/seed`; the answer is sent. May commit in between. Throw `ControlError` to refuse. */
  readonly seed: (body: Record<string, unknown>) => object;
  /** The journal has just been emptied: forget everything that was derived from it. */
  readonly reset: () => void;
  /** Who is calling, for counts and faults. The body has been read. */
  callerOf(request: FastifyRequest): string | undefined;
  /** What the request is counted as. The body has been read. */
  operationOf(request: FastifyRequest): string;
  /** Answers a problem in the vendor's shape. */
  answerProblem(problem: FrameProblem, request: FastifyRequest, reply: FastifyReply): void;
}

export interface SandboxFrame {
  /** Routes are added to this. Bodies arrive as strings, whatever their content type; `undefined` when there is none. */
  readonly app: FastifyInstance;
  readonly journal: Journal;
  readonly clock: SandboxClock;
  readonly calls: CallCounts;
  /** Asked for every HTTP request already; a sandbox may ask again for the parts of a batch. */
  readonly faults: Faults;
  /** Adds a control of this sandbox alone. */
  readonly control: Control;
  /** Listens on 127.0.0.1 (port 0: any free one) and returns the base URL, without a trailing slash. */
  listen(port: number): Promise<string>;
  close(): Promise<void>;
}

/** The largest body of both vendors is 10 MB (bulk import), and what is over it must reach the sandbox to be refused by it. */
const BODY_LIMIT_BYTES = 11 * 1024 * 1024;
/** Clients put their longest queries here before they learn of the vendor's own limit. */
const HEADER_LIMIT_BYTES = 256 * 1024;

/** Requests whose work is done and whose answer is lost. */
const answerless = new WeakSet<FastifyRequest>();

export function createSandboxFrame(options: FrameOptions): SandboxFrame {
  const journal = openJournal(options.file);
  const clock = createClock(journal);
  const calls = createCallCounts();
  const faults = createFaults();
  const latency = createLatency();
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    logger: false,
    exposeHeadRoutes: false,
    // An idle keep-alive connection must not hold up a close.
    forceCloseConnections: true,
    http: { maxHeaderSize: HEADER_LIMIT_BYTES },
    routerOptions: { maxParamLength: HEADER_LIMIT_BYTES },
    frameworkErrors: (error, request, reply) => options.answerProblem(problemOf(error), request, reply),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => done(null, text));
  // Only methods that the framework routes nowhere come here: a sandbox answers every path itself.
  app.setNotFoundHandler((request, reply) =>
    options.answerProblem({ status: 404, code: undefined, message: `Nothing answers ${request.method}.` }, request, reply),
  );
  app.setErrorHandler((error, request, reply) => options.answerProblem(problemOf(error), request, reply));

  app.addHook('preHandler', async (request, reply) => {
    if (isControl(request)) return;
    const caller = options.callerOf(request);
    calls.count(caller, options.operationOf(request));
    const waitMs = latency.nextMs();
    if (waitMs > 0) await sleep(waitMs);
    await misbehave(faults, { method: request.method, url: request.url, caller }, request, reply);
  });
  app.addHook('onSend', async (request, reply) => {
    journal.commit();
    if (answerless.has(request)) cutOff(request, reply);
  });

  const control = registerControl(app, { journal, clock, calls, faults, latency, seed: options.seed, reset: options.reset });
  return {
    app,
    journal,
    clock,
    calls,
    faults,
    control,
    listen: (port) => app.listen({ port, host: '127.0.0.1' }),
    async close() {
      await app.close();
      journal.close();
    },
  };
}

/** Does what the next fault for this request says, if there is one. */
async function misbehave(
  faults: Faults,
  target: Parameters<Faults['take']>[0],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const action = faults.take(target);
  if (action === undefined) return;
  if ('delayMs' in action) await sleep(action.delayMs);
  else if ('status' in action) {
    const isText = typeof action.body === 'string';
    if (!isText) reply.type('application/json');
    await reply
      .code(action.status)
      .headers(action.headers)
      .send(isText ? action.body : JSON.stringify(action.body ?? {}));
  } else if (action.drop === 'after') answerless.add(request);
  else cutOff(request, reply);
}

/** Ends the connection as a network does: without a word. */
function cutOff(request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack();
  request.raw.socket.destroy();
}

function problemOf(error: unknown): FrameProblem {
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  return { status: statusCode ?? 500, code, message: message ?? String(error) };
}
