/**
 * The Dataverse that these tests run against: a sandbox of their own, or the real one when `MDSYNC_CONTRACT_LIVE=1` names it. The tests are
 * the same; on a real environment they touch no rows but their own, known by last name and e-mail, and delete them whatever happens.
 */
import { randomUUID } from 'node:crypto';
import { type LiveSystems, liveSystemsOfThisProcess } from '../../../src/config/testEnv';
import { createTokenSource } from '../../../src/dataverse/auth';
import { createDataverse } from '../../../src/dataverse/client';
import { createHttpClient } from '../../../src/remote/http';
import { createDataverseSandbox } from '../../../src/sandbox/dataverse';
import { createSalesperson, type EntraApp, type Salesperson, type Values } from '../../support/vendors';
import { inSandbox, LAST_NAME, type RawAnswer, sendRaw, SILENT } from '../target';

type Table = 'contacts' | 'leads';

export interface DataverseTarget {
  readonly isLive: boolean;
  readonly url: string;
  readonly dynamics: ReturnType<typeof createDataverse>;
  /** Somebody else who works in the same environment; on a real one, the same application user. */
  readonly sales: Salesperson;
  connect(clientSecret: string): ReturnType<typeof createDataverse>;
  /** Plain HTTP with a token, below `/api/data/v9.2/`. */
  send(method: string, path: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  /** The columns by which a row is one of our own. */
  own(): { readonly lastname: string; readonly emailaddress1: string };
  /** Creates a row of our own; the id. */
  row(table: Table, values?: Values): Promise<string>;
  /** Deletes our own rows, and closes the sandbox. */
  close(): Promise<void>;
}

/** `suite` names the test file: they run side by side, each with rows of its own. */
export async function openDataverse(
  suite: string,
  live: LiveSystems | undefined = liveSystemsOfThisProcess(),
): Promise<DataverseTarget> {
  if (live?.dataverse) {
    const { url, timeoutMs, ...app } = live.dataverse;
    return targetOf({ suite, isLive: true, url, timeoutMs, app, sales: app });
  }
  const app = { tenantId: 'sandbox', clientId: 'sync-app', clientSecret: 'sync-secret' };
  return inSandbox(
    () => createDataverseSandbox({}),
    (url) => targetOf({ suite, isLive: false, url, timeoutMs: 30_000, app: { authority: url, ...app } }),
  );
}

interface Where {
  readonly suite: string;
  readonly isLive: boolean;
  readonly url: string;
  readonly timeoutMs: number;
  readonly app: EntraApp;
  readonly sales?: EntraApp;
}

async function targetOf({ suite, isLive, url, timeoutMs, app, sales: other }: Where): Promise<DataverseTarget> {
  const http = createHttpClient({ timeoutMs, concurrency: 5 });
  const clock = { now: () => new Date() };
  const tokensOf = (clientSecret: string) => createTokenSource({ ...app, clientSecret, scopeUrl: url, http, clock });
  const connect = (clientSecret: string) => createDataverse({ url, http, tokens: tokensOf(clientSecret), clock, log: SILENT });
  const sales = createSalesperson(url, other);
  const emailStart = `mdsync-contract-${suite}-`;
  const isOwn = `lastname eq '${LAST_NAME}' and startswith(emailaddress1,'${emailStart}')`;
  const sweep = async (): Promise<void> => {
    for (const table of ['contacts', 'leads'] as const)
      for (const row of await sales.find(table, isOwn))
        await sales.remove(table, String(row[table === 'contacts' ? 'contactid' : 'leadid']));
  };
  await sweep();
  const own = () => ({ lastname: LAST_NAME, emailaddress1: `${emailStart}${randomUUID().slice(0, 8)}@example.com` });
  const tokens = tokensOf(app.clientSecret);
  const send: DataverseTarget['send'] = async (method, path, body, headers = {}) => {
    const token = await tokens.token();
    if ('failure' in token) throw new Error(JSON.stringify(token.failure));
    const given = { accept: 'application/json', ...headers };
    return sendRaw(`${url}/api/data/v9.2/${path}`, { method, token: token.ok, body, headers: given });
  };
  return {
    isLive,
    url,
    dynamics: connect(app.clientSecret),
    sales,
    connect,
    send,
    own,
    row: (table, values = {}) => sales.create(table, { ...own(), ...values }),
    close: sweep,
  };
}
