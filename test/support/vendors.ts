/** A marketer and a salesperson: they know the vendors' APIs and nothing of the product. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';

type Json = Record<string, unknown>;
export type Values = Readonly<Record<string, string | number | boolean | null>>;

/** Sends JSON and answers JSON; for the control API of a sandbox too. */
export async function sendJson(url: string, method = 'GET', body?: unknown, headers: Record<string, string> = {}): Promise<Json> {
  const answer = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}: ${text.slice(0, 500)}`);
  return text === '' ? {} : (JSON.parse(text) as Json);
}

export interface Activity {
  readonly leadId: number;
  readonly activityTypeId: number;
  readonly primaryAttributeValue?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface Marketer {
  /** The person's fields; `undefined` when Marketo has no such person. */
  person(id: string, fields: readonly string[]): Promise<Json | undefined>;
  /** Those of them that Marketo has, in any order and number. */
  people(ids: readonly string[], fields: readonly string[]): Promise<readonly Json[]>;
  findByEmail(email: string, fields?: readonly string[]): Promise<readonly Json[]>;
  create(values: Values): Promise<string>;
  update(id: string, values: Values): Promise<void>;
  remove(id: string): Promise<void>;
  merge(winnerId: string, loserId: string): Promise<void>;
  /** Custom activities of one type on one person. */
  activities(apiName: string, personId: string): Promise<readonly Activity[]>;
  /** Makes a custom activity type, which nobody has approved yet. */
  draftActivityType(apiName: string): Promise<void>;
}

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

const SANDBOX_MARKETER: Credentials = { clientId: 'marketing-client', clientSecret: 'marketing-secret' };

/** Where the limits are enforced, both wait for their turn like every other integration. */
const THROTTLED = ['606', '615'];
const THROTTLED_WAIT_MS = 1_000;

/** Marketo looks up so many at a time. */
const PEOPLE_AT_ONCE = 300;

/** `turn` comes before each call. */
export function createMarketer(
  baseUrl: string,
  since: string,
  {
    credentials = SANDBOX_MARKETER,
    turn = () => Promise.resolve(),
  }: { credentials?: Credentials; turn?: () => Promise<void> } = {},
): Marketer {
  let token: string | undefined;
  const call = async (path: string, method = 'GET', body?: unknown, again = false): Promise<Json> => {
    if (token === undefined) {
      const { clientId, clientSecret } = credentials;
      const grant = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
      token = String((await sendJson(`${baseUrl}/identity/oauth/token?${grant.toString()}`))['access_token']);
    }
    await turn();
    const answer = await sendJson(`${baseUrl}${path}`, method, body, { authorization: `Bearer ${token}` });
    if (answer['success'] === true) return answer;
    // The sandbox's clock may have been put forward past the token's end, and real ones end, too.
    const [error] = (answer['errors'] ?? []) as { code: string }[];
    if (error !== undefined && THROTTLED.includes(error.code)) {
      await sleep(THROTTLED_WAIT_MS);
      return call(path, method, body, again);
    }
    if (again || (error?.code !== '601' && error?.code !== '602'))
      throw new Error(`${method} ${path.replace(/\?.*/, '')}: ${JSON.stringify(answer['errors'])}`);
    token = undefined;
    return call(path, method, body, true);
  };
  const results = async (path: string, method = 'GET', body?: unknown): Promise<Json[]> =>
    ((await call(path, method, body))['result'] ?? []) as Json[];
  const write = async (body: Json): Promise<Json> => {
    const [result] = await results('/rest/v1/leads.json', 'POST', body);
    if (result === undefined || result['status'] === 'skipped') throw new Error(`Marketo skipped it: ${JSON.stringify(result)}`);
    return result;
  };
  return {
    async person(id, fields) {
      const [found] = await results(`/rest/v1/leads.json?filterType=id&filterValues=${id}&fields=${['id', ...fields].join(',')}`);
      return found;
    },
    async people(ids, fields) {
      const found: Json[] = [];
      for (let from = 0; from < ids.length; from += PEOPLE_AT_ONCE) {
        const some = ids.slice(from, from + PEOPLE_AT_ONCE).join(',');
        found.push(
          ...(await results(`/rest/v1/leads.json?filterType=id&filterValues=${some}&fields=${['id', ...fields].join(',')}`)),
        );
      }
      return found;
    },
    findByEmail: (email, fields = ['id', 'email']) =>
      results(`/rest/v1/leads.json?filterType=email&filterValues=${encodeURIComponent(email)}&fields=${fields.join(',')}`),
    async create(values) {
      return String((await write({ action: 'createOnly', lookupField: 'email', input: [values] }))['id']);
    },
    async update(id, values) {
      await write({ action: 'updateOnly', lookupField: 'id', input: [{ id: Number(id), ...values }] });
    },
    async remove(id) {
      const [result] = await results('/rest/v1/leads/delete.json', 'POST', { input: [{ id: Number(id) }] });
      expect(result?.['status']).toBe('deleted');
    },
    async merge(winnerId, loserId) {
      await call(`/rest/v1/leads/${winnerId}/merge.json?leadId=${loserId}`, 'POST');
    },
    async draftActivityType(apiName) {
      const primaryAttribute = { apiName: 'about', name: 'About', dataType: 'string' };
      const names = { name: apiName, triggerName: apiName, filterName: apiName };
      await call('/rest/v1/activities/external/type.json', 'POST', { apiName, ...names, primaryAttribute });
    },
    async activities(apiName, personId) {
      const types = await results('/rest/v1/activities/external/types.json');
      const type = types.find((one) => one['apiName'] === apiName);
      if (type === undefined) throw new Error(`Marketo has no activity type ${apiName}`);
      let token = String((await call(`/rest/v1/activities/pagingtoken.json?sinceDatetime=${since}`))['nextPageToken']);
      const found: Activity[] = [];
      for (let more = true; more; ) {
        const query = `nextPageToken=${encodeURIComponent(token)}&activityTypeIds=${String(type['id'])}&leadIds=${personId}`;
        const page = await call(`/rest/v1/activities.json?${query}`);
        for (const one of (page['result'] ?? []) as Json[]) {
          const attributes = (one['attributes'] ?? []) as { name: string; value: unknown }[];
          found.push({
            ...one,
            attributes: Object.fromEntries(attributes.map(({ name, value }) => [name, value])),
          } as unknown as Activity);
        }
        token = String(page['nextPageToken']);
        more = page['moreResult'] === true;
      }
      return found;
    },
  };
}

export interface Salesperson {
  /** The row with all its columns; `undefined` when there is none. */
  row(table: 'contacts' | 'leads', id: string): Promise<Json | undefined>;
  find(table: 'contacts' | 'leads', filter: string): Promise<readonly Json[]>;
  create(table: 'contacts' | 'leads', values: Values): Promise<string>;
  update(table: 'contacts' | 'leads', id: string, values: Values): Promise<void>;
  remove(table: 'contacts' | 'leads', id: string): Promise<void>;
  /** Makes a contact of a lead; answers the contact's id. */
  qualify(leadId: string): Promise<string>;
  /** Enabled people who may own rows. */
  users(): Promise<readonly { readonly id: string; readonly email: string }[]>;
  merge(table: 'contact' | 'lead', masterId: string, subordinateId: string): Promise<void>;
}

export interface EntraApp extends Credentials {
  readonly authority: string;
  readonly tenantId: string;
}

const sandboxSalesApp = (authority: string): EntraApp => ({
  authority,
  tenantId: 'sandbox',
  clientId: 'sales-app',
  clientSecret: 'sales-secret',
});

export function createSalesperson(baseUrl: string, app = sandboxSalesApp(baseUrl)): Salesperson {
  let token: string | undefined;
  const call = async (path: string, method = 'GET', body?: unknown, again = false): Promise<Response> => {
    if (token === undefined) {
      const answer = await fetch(`${app.authority}/${app.tenantId}/oauth2/v2.0/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: app.clientId,
          client_secret: app.clientSecret,
          scope: `${baseUrl}/.default`,
        }),
      });
      token = String(((await answer.json()) as Json)['access_token']);
    }
    const answer = await fetch(`${baseUrl}/api/data/v9.2/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'PATCH' ? { 'if-match': '*' } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status === 429) {
      await sleep(Number(answer.headers.get('retry-after') ?? 1) * 1_000);
      return call(path, method, body, again);
    }
    if (answer.status !== 401 || again) return answer;
    // The sandbox's clock may have been put forward past the token's end.
    token = undefined;
    return call(path, method, body, true);
  };
  const must = async (answer: Response): Promise<Response> => {
    if (!answer.ok) throw new Error(`Dataverse answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
    return answer;
  };
  return {
    async row(table, id) {
      const answer = await call(`${table}(${id})`);
      return answer.status === 404 ? undefined : ((await (await must(answer)).json()) as Json);
    },
    async find(table, filter) {
      const answer = await must(await call(`${table}?$filter=${encodeURIComponent(filter)}`));
      return ((await answer.json()) as { value: Json[] }).value;
    },
    async create(table, values) {
      const answer = await must(await call(table, 'POST', values));
      const id = /\(([0-9a-f-]{36})\)/i.exec(answer.headers.get('odata-entityid') ?? '')?.[1];
      if (id === undefined) throw new Error('Dataverse created a row without telling its id');
      return id.toLowerCase();
    },
    async update(table, id, values) {
      await must(await call(`${table}(${id})`, 'PATCH', values));
    },
    async remove(table, id) {
      await must(await call(`${table}(${id})`, 'DELETE'));
    },
    async qualify(leadId) {
      const body = { CreateAccount: false, CreateContact: true, CreateOpportunity: false, Status: 3 };
      const answer = await must(await call(`leads(${leadId})/Microsoft.Dynamics.CRM.QualifyLead`, 'POST', body));
      const { value } = (await answer.json()) as { value: Json[] };
      return String(value.find((row) => row['contactid'] !== undefined)?.['contactid']).toLowerCase();
    },
    async users() {
      const filter = encodeURIComponent('isdisabled eq false and accessmode eq 0');
      const answer = await must(await call(`systemusers?$select=systemuserid,internalemailaddress&$filter=${filter}`));
      const { value } = (await answer.json()) as { value: Json[] };
      return value.map((row) => ({ id: String(row['systemuserid']), email: String(row['internalemailaddress']) }));
    },
    async merge(table, masterId, subordinateId) {
      const row = (id: string) => ({ '@odata.type': `Microsoft.Dynamics.CRM.${table}`, [`${table}id`]: id });
      const body = {
        Target: row(masterId),
        Subordinate: row(subordinateId),
        UpdateContent: { '@odata.type': `Microsoft.Dynamics.CRM.${table}` },
        PerformParentingChecks: false,
      };
      await must(await call('Merge', 'POST', body));
    },
  };
}
