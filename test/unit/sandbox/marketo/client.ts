/** A plain HTTP client for tests of the Marketo sandbox: no code of the product, and no code of the sandbox but its start. */
import { createMarketoSandbox, type MarketoSandbox } from '../../../../src/sandbox/marketo';
import { problemsOf } from './adobe/description';

/** An item of a `result`, of whatever kind. */
export type Item = Readonly<Record<string, unknown>>;

export interface Envelope {
  readonly requestId: string;
  readonly success: boolean;
  readonly result?: readonly Item[];
  readonly errors?: readonly { readonly code: string; readonly message: string }[];
  readonly nextPageToken?: string;
  readonly moreResult?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export type Query = Readonly<Record<string, string | number | readonly string[]>>;

export class Marketo {
  token = '';

  private constructor(
    readonly sandbox: MarketoSandbox,
    readonly url: string,
  ) {}

  static async start(file?: string): Promise<Marketo> {
    const sandbox = await createMarketoSandbox({ file });
    const marketo = new Marketo(sandbox, await sandbox.listen(0));
    marketo.token = await marketo.newToken();
    return marketo;
  }

  async newToken(client = 'sync-client', secret = 'sync-secret'): Promise<string> {
    const query = { grant_type: 'client_credentials', client_id: client, client_secret: secret };
    const { text } = await this.http('GET', `/identity/oauth/token?${new URLSearchParams(query).toString()}`);
    return (JSON.parse(text) as { access_token: string }).access_token;
  }

  async http(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<HttpAnswer> {
    const answer = await fetch(this.url + path, { method, headers, ...(body !== undefined && { body }) });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  /** A call with the token; the answer must be HTTP 200 with an envelope, as Adobe describes it. */
  async call(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Envelope> {
    const answer = await this.http(method, path, { authorization: `Bearer ${this.token}`, ...headers }, body);
    if (answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    const envelope = JSON.parse(answer.text) as Envelope;
    const isGet = method === 'GET' || path.includes('_method=GET');
    const problems = problemsOf(isGet ? 'GET' : method, path.replace(/\?.*$/, ''), envelope) ?? [];
    if (problems.length > 0) throw new Error(`${method} ${path} is not as described: ${problems.join('; ')}`);
    return envelope;
  }

  async get(path: string, query: Query = {}): Promise<Envelope> {
    const text = queryText(query);
    return this.call('GET', text === '' ? path : `${path}?${text}`);
  }

  async post(path: string, body?: unknown, method = 'POST'): Promise<Envelope> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return this.call(method, path, { 'content-type': 'application/json' }, text);
  }

  async control(method: string, name: string, body?: unknown): Promise<Item> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await this.http(method, `/_sandbox/${name}`, {}, text);
    if (answer.status !== 200) throw new Error(answer.text);
    return JSON.parse(answer.text) as Item;
  }

  /** Sync Leads; the results. */
  async sync(input: readonly object[], options: object = {}): Promise<readonly Item[]> {
    const answer = await this.post('/rest/v1/leads.json', { ...options, input });
    if (!answer.success) throw new Error(JSON.stringify(answer.errors));
    return answer.result ?? [];
  }

  /** Creates people whose values nobody has yet; their ids. */
  async create(...people: readonly object[]): Promise<readonly number[]> {
    const results = await this.sync(people, { action: 'createDuplicate' });
    return results.map(({ id }) => id as number);
  }

  /** One person with these fields. */
  async lead(id: number, ...fields: readonly string[]): Promise<Item | undefined> {
    const answer = await this.get(`/rest/v1/lead/${id}.json`, fields.length > 0 ? { fields: fields.join(',') } : {});
    return answer.result?.[0];
  }

  /** A token for everything from now on (the sandbox's clock has milliseconds, the token's source only seconds). */
  async tokenNow(): Promise<string> {
    await this.control('POST', 'clock', { advanceSeconds: 2 });
    const { now } = await this.control('POST', 'clock', { advanceSeconds: 0 });
    return this.tokenSince(now as string);
  }

  async tokenSince(sinceDatetime: string): Promise<string> {
    return (await this.get('/rest/v1/activities/pagingtoken.json', { sinceDatetime })).nextPageToken ?? '';
  }

  async close(): Promise<void> {
    await this.sandbox.close();
  }
}

function queryText(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)]),
  );
  return new URLSearchParams(pairs).toString();
}

/** The code of an answer that failed as a whole. */
export const codeOf = ({ errors }: Envelope): string | undefined => errors?.[0]?.code;

/** The code of a record that was skipped. */
export const skipCode = (item: Item | undefined): string | undefined =>
  ((item?.['reasons'] ?? item?.['errors']) as readonly { code: string }[] | undefined)?.[0]?.code;
