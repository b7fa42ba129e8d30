/** The control API, `/_sandbox/...`: how tests and people steer a sandbox. Its answers are plain JSON, never in the vendor's shape. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { CallCounts } from './calls';
import type { AdjustableClock } from './clock';
import { fault, type Faults } from './faults';
import type { Journal } from './journal';
import type { Latency } from './latency';

const PREFIX = '/_sandbox/';

export const isControl = (request: FastifyRequest): boolean => request.url.startsWith(PREFIX);

/** Registers one control: `act` gets the checked body, and its answer is sent as JSON (`{}` for nothing). */
export type Control = <T>(
  method: 'GET' | 'POST' | 'DELETE',
  name: string,
  body: z.ZodType<T>,
  act: (body: T) => object | void | Promise<object>,
) => void;

export interface Controlled {
  readonly journal: Journal;
  readonly clock: AdjustableClock;
  readonly calls: CallCounts;
  readonly faults: Faults;
  readonly latency: Latency;
  readonly seed: (body: Record<string, unknown>) => object;
  readonly reset: () => void;
}

/** Thrown by a control that cannot do what its body asks for: answered with 400 and the message. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

const NO_BODY = z.unknown();

/** Adds the controls every sandbox has, and returns the function that adds those of one sandbox alone. */
export function registerControl(app: FastifyInstance, sandbox: Controlled): Control {
  const { journal, clock, calls, faults, latency } = sandbox;
  const control: Control = (method, name, schema, act) => {
    app.route({
      method,
      url: PREFIX + name,
      handler: async (request, reply) => {
        try {
          return await reply.send((await act(readBody(request.body, schema))) ?? {});
        } catch (error) {
          if (!(error instanceof ControlError)) throw error;
          return await reply.code(400).send({ error: `${method} ${PREFIX}${name}: ${error.message}` });
        }
      },
    });
  };
  app.all(`${PREFIX}*`, async (request, reply) =>
    reply.code(404).send({ error: `There is no control ${request.method} ${request.url}.` }),
  );

  control('GET', 'calls', NO_BODY, () => calls.toJSON());
  control('POST', 'reset', NO_BODY, () => {
    journal.clear();
    calls.clear();
    faults.clear();
    latency.clear();
    sandbox.reset();
  });
  control('POST', 'seed', z.record(z.string(), z.unknown()), (body) => sandbox.seed(body));
  control('POST', 'clock', z.strictObject({ advanceSeconds: z.number().nonnegative() }), ({ advanceSeconds }) => {
    clock.advance(advanceSeconds);
    return { now: clock.now().toISOString() };
  });
  control('POST', 'faults', fault, (body) => faults.add(body));
  control('DELETE', 'faults', NO_BODY, () => faults.clear());
  const latencies = z.strictObject({ medianMs: z.number().nonnegative(), p99Ms: z.number().nonnegative() });
  control('POST', 'latency', latencies, ({ medianMs, p99Ms }) => latency.set(medianMs, p99Ms));
  return control;
}

/** Reads a control's body as JSON, whatever its content type. */
function readBody<T>(text: unknown, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = typeof text === 'string' && text !== '' ? JSON.parse(text) : {};
  } catch {
    throw new ControlError('the body is not JSON.');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new ControlError(
    parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`).join('; '),
  );
}
