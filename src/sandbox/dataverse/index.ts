/** A local Dynamics 365 (Dataverse): its Web API and token endpoint over HTTP, with its validation and its habits, kept in one file. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ControlError } from '../control';
import { createSandboxFrame, type SandboxFrame } from '../frame';
import { createInstance, type Instance } from './instance';
import { tables } from './metadata/model';
import { seedInstance } from './seed';
import { createDataverseServer } from './server';

export interface DataverseSandbox {
  readonly app: FastifyInstance;
  /** Listens on 127.0.0.1 (port 0: any free one) and returns the base URL, without a trailing slash. */
  listen(port: number): Promise<string>;
  close(): Promise<void>;
}

export interface DataverseSandboxOptions {
  /** Where the data is kept; in memory only when absent. */
  readonly file?: string | undefined;
}

const column = { table: z.enum([...tables.keys()] as [string, ...string[]]), column: z.string().min(1) };
const rule = z.strictObject({ ...column, pattern: z.string(), code: z.string(), message: z.string() });
const columnSecurity = z.strictObject({ ...column, read: z.boolean(), update: z.boolean() });

export async function createDataverseSandbox(options: DataverseSandboxOptions = {}): Promise<DataverseSandbox> {
  const server = createDataverseServer(() => instance);
  const frame: SandboxFrame = createSandboxFrame({
    name: 'dataverse',
    file: options.file,
    seed: (body) => seedInstance(instance, body, () => frame.journal.commit()),
    reset: () => {
      instance = createInstance(frame.journal, frame.clock);
    },
    callerOf: (request) => server.callerOf(request),
    operationOf: (request) => server.operationOf(request),
    answerProblem: (problem, request, reply) => server.answerProblem(problem, request, reply),
  });
  let instance: Instance = createInstance(frame.journal, frame.clock);
  const { app, control } = frame;
  app.route({ method: app.supportedMethods, url: '/*', handler: (request, reply) => server.answer(request, reply) });
  const known = <T extends { table: string; column: string }>(wish: T): T => {
    if (tables.get(wish.table)?.columns.has(wish.column)) return wish;
    throw new ControlError(`The table ${wish.table} has no column ${wish.column}.`);
  };
  control('POST', 'rules', rule, (wish) => {
    if (!isPattern(wish.pattern)) throw new ControlError('The pattern is not a regular expression.');
    instance.security.addRule(known(wish));
  });
  control('DELETE', 'rules', z.unknown(), () => instance.security.clearRules());
  control('GET', 'rules', z.unknown(), () => ({ rules: instance.security.rules() }));
  control('POST', 'column-security', columnSecurity, (wish) => instance.security.secure(known(wish)));
  await app.ready();
  return { app, listen: (port) => frame.listen(port), close: () => frame.close() };
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
