/** What marketers and salespeople do, in bulk and by the vendors' own APIs; and the sandboxes' control API. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Vendors {
  readonly marketoUrl: string;
  readonly dataverseUrl: string;
}

type Json = Record<string, unknown>;

export async function sendJson(url: string, method = 'GET', body?: unknown, headers: Record<string, string> = {}): Promise<Json> {
  const answer = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname} answered ${answer.status}: ${text.slice(0, 300)}`);
  return text.startsWith('{') ? (JSON.parse(text) as Json) : { text };
}

export const control = (
  base: string,
  path: string,
  body?: unknown,
  method = body === undefined ? 'GET' : 'POST',
): Promise<Json> => sendJson(`${base}/_sandbox/${path}`, method, body);

/** An integration of its own in Marketo: `marketing-client` for edits, `sync-client` to be as fast as the product may be. */
export async function marketoCaller(
  base: string,
  client = 'marketing',
): Promise<(path: string, body?: unknown) => Promise<Json>> {
  const grant = `grant_type=client_credentials&client_id=${client}-client&client_secret=${client}-secret`;
  const token = String((await sendJson(`${base}/identity/oauth/token?${grant}`))['access_token']);
  return async (path, body) => {
    const answer = await sendJson(`${base}${path}`, body === undefined ? 'GET' : 'POST', body, {
      authorization: `Bearer ${token}`,
    });
    if (answer['success'] !== true) throw new Error(`Marketo: ${JSON.stringify(answer['errors'])}`);
    return answer;
  };
}

export async function dataverseCaller(
  base: string,
  app = 'sales',
): Promise<(path: string, method?: string, body?: unknown, headers?: Record<string, string>) => Promise<Json>> {
  const token = String(
    (
      await sendJson(
        `${base}/sandbox/oauth2/v2.0/token`,
        'POST',
        new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: `${app}-app`,
          client_secret: `${app === 'sales' ? 'sales' : 'sync'}-secret`,
          scope: `${base}/.default`,
        }).toString(),
        { 'content-type': 'application/x-www-form-urlencoded' },
      )
    )['access_token'],
  );
  return (path, method = 'GET', body, headers = {}) =>
    sendJson(path.startsWith('http') ? path : `${base}/api/data/v9.2/${path}`, method, body, {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...headers,
    });
}

/** What Marketo grants all integrations of an instance together. */
export const MARKETO_GRANT = { calls: 100, windowMs: 20_000 } as const;

/** The same caller, made to wait where Marketo would refuse: it knows the limit, and never meets it. */
export function paced(call: (path: string, body?: unknown) => Promise<Json>): (path: string, body?: unknown) => Promise<Json> {
  const leftAt: number[] = [];
  return async (path, body) => {
    const before = leftAt.at(-MARKETO_GRANT.calls);
    const leavesAt = Math.max(performance.now(), before === undefined ? 0 : before + MARKETO_GRANT.windowMs);
    leftAt.push(leavesAt);
    await sleep(leavesAt - performance.now());
    return call(path, body);
  };
}

const PEOPLE_PER_CALL = 300;
const ROWS_AT_ONCE = 16;

/** Gives each person another phone number. */
export async function editPeople({ marketoUrl }: Vendors, ids: readonly string[], phone: string): Promise<void> {
  const call = paced(await marketoCaller(marketoUrl));
  for (let at = 0; at < ids.length; at += PEOPLE_PER_CALL) {
    const input = ids.slice(at, at + PEOPLE_PER_CALL).map((id) => ({ id: Number(id), phone }));
    await call('/rest/v1/leads.json', { action: 'updateOnly', lookupField: 'id', input });
  }
}

/** Gives each contact another phone number. */
export async function editContacts({ dataverseUrl }: Vendors, ids: readonly string[], telephone1: string): Promise<void> {
  const call = await dataverseCaller(dataverseUrl);
  const waiting = [...ids];
  const lane = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop())
      await call(`contacts(${id})`, 'PATCH', { telephone1 }, { 'if-match': '*' });
  };
  await Promise.all(Array.from({ length: ROWS_AT_ONCE }, lane));
}

export interface Latency {
  readonly medianMs: number;
  readonly p99Ms: number;
}
export const NO_LATENCY: Latency = { medianMs: 0, p99Ms: 0 };

export async function setLatency({ marketoUrl, dataverseUrl }: Vendors, latency: Latency): Promise<void> {
  await Promise.all([marketoUrl, dataverseUrl].map((url) => control(url, 'latency', latency)));
}

export interface Calls {
  readonly marketo: number;
  readonly dynamics: number;
}

/** Calls of the product since the sandboxes started; asking for a token is none of the vendors' counted calls. */
export async function productCalls({ marketoUrl, dataverseUrl }: Vendors): Promise<Calls> {
  const [marketo, dataverse] = await Promise.all([control(marketoUrl, 'calls'), control(dataverseUrl, 'calls')]);
  return { marketo: sumOf(marketo, 'sync-client'), dynamics: sumOf(dataverse, 'sync-app') };
}

function sumOf(answer: Json, caller: string): number {
  const all = (answer['calls'] ?? answer) as Record<string, Record<string, number>>;
  return Object.entries(all[caller] ?? {})
    .filter(([operation]) => !operation.includes('token') || operation.includes('pagingtoken'))
    .reduce((sum, [, count]) => sum + count, 0);
}

export const difference = (after: Calls, before: Calls): Calls => ({
  marketo: after.marketo - before.marketo,
  dynamics: after.dynamics - before.dynamics,
});
