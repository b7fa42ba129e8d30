/** A local Dynamics 365 (Dataverse): its Web API and its tenant's token endpoint over HTTP, with its limits and its habits, kept in one file. */
import type { FastifyInstance } from 'fastify';
import { createSandboxFrame, type SandboxFrame } from '../frame';
import type { Journal } from '../journal';
import { registerDataverseControl } from './control';
import { createDataverseServer } from './http/server';
import { createProtection } from './limits/protection';
import { createOrganization, type Organization } from './organization';
import { seedOrganization } from './seed';
import { deliverEvents } from './webhooks/deliver';

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

/** Throws when the file holds what an earlier version of the sandbox wrote. */
export async function createDataverseSandbox(options: DataverseSandboxOptions = {}): Promise<DataverseSandbox> {
  const protection = createProtection(
    () => organization.settings,
    () => organization.clock,
  );
  const server = createDataverseServer({
    organization: () => organization,
    protection,
    faults: () => frame.faults,
    written: () => deliverEvents(organization.takeEvents(), organization),
  });
  const frame: SandboxFrame = createSandboxFrame({
    name: 'dataverse',
    file: options.file,
    seed: (body) => seedOrganization(organization, body),
    reset: () => {
      organization = createOrganization(frame.journal, frame.clock);
      protection.clear();
    },
    callerOf: (request) => server.callerOf(request),
    operationOf: (request) => server.operationOf(request),
    answerProblem: (problem, request, reply) => server.answerProblem(problem, request, reply),
  });
  requireOwnForm(frame.journal, options.file);
  let organization: Organization = createOrganization(frame.journal, frame.clock);
  const { app } = frame;
  app.addHook('onRequest', async (request, reply) => server.enter(request, reply));
  app.route({ method: app.supportedMethods, url: '/*', handler: (request, reply) => server.answer(request, reply) });
  registerDataverseControl(frame.control, () => organization);
  await app.ready();
  return { app, listen: (port) => frame.listen(port), close: () => frame.close() };
}

/** An earlier version counted its row versions in a table that this one does not have. */
function requireOwnForm(journal: Journal, file: string | undefined): void {
  if (journal.table('meta').size === 0) return;
  journal.close();
  throw new Error(
    `${file ?? 'The journal'} was written by an earlier version of the Dataverse sandbox, which this one does not read. Delete the data directory (.mdsync, or what MDSYNC_DATA_DIR says) and start again: both sides and what the sync knows of them begin anew.`,
  );
}
