/** A plain HTTP client for tests of the Dataverse sandbox: no code of the product, and no code of the sandbox but its start. */
import { createDataverseSandbox, type DataverseSandbox } from '../../../../src/sandbox/dataverse';

export type Json = Record<string, unknown>;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of a JSON answer; an empty object otherwise. */
  readonly json: Json;
}

export interface Refusal {
  readonly status: number;
  readonly code: unknown;
  readonly message: string;
}

export const API = '/api/data/v9.2';
export const GUID = '0a0b0c0d-1111-4222-8333-444455556666';
export const OTHER_GUID = '0a0b0c0d-1111-4222-8333-444455557777';

export class Dataverse {
  private token = '';

  private constructor(
    readonly sandbox: DataverseSandbox,
    readonly url: string,
  ) {}

  /** With a token of the sync user. */
  static async start(file?: string): Promise<Dataverse> {
    const sandbox = await createDataverseSandbox({ file });
    const dataverse = new Dataverse(sandbox, await sandbox.listen(0));
    await dataverse.signIn();
    return dataverse;
  }

  async signIn(client = 'sync-app', secret = 'sync-secret'): Promise<void> {
    const answer = await this.askToken({ client_id: client, client_secret: secret });
    this.token = String(answer.json['access_token']);
  }

  /** The same organisation, seen by another user. */
  async as(client: string, secret: string): Promise<Dataverse> {
    const other = new Dataverse(this.sandbox, this.url);
    await other.signIn(client, secret);
    return other;
  }

  askToken(form: Record<string, string>, path = '/sandbox/oauth2/v2.0/token'): Promise<HttpAnswer> {
    const body = new URLSearchParams({ grant_type: 'client_credentials', scope: `${this.url}/.default`, ...form });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.http('POST', path, headers, body.toString());
  }

  async http(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<HttpAnswer> {
    const url = path.startsWith('http') ? path : this.url + path;
    const answer = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') ?? false;
    return { status: answer.status, headers: answer.headers, text, json: isJson ? (JSON.parse(text) as Json) : {} };
  }

  /** `path` begins behind the version, or is a whole link. */
  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const typed: Record<string, string> = text === undefined ? {} : { 'content-type': 'application/json' };
    const all = { authorization: `Bearer ${this.token}`, ...typed, ...headers };
    return this.http(method, path.startsWith('http') ? path : `${API}/${path}`, all, text);
  }

  /** Must answer 200. */
  async get(path: string, headers: Record<string, string> = {}): Promise<Json> {
    const answer = await this.call('GET', path, undefined, headers);
    if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}: ${answer.text}`);
    return answer.json;
  }

  async rows(path: string, headers: Record<string, string> = {}): Promise<Json[]> {
    return (await this.get(path, headers))['value'] as Json[];
  }

  /** Creates a row; its id. */
  async create(set: string, body: Json): Promise<string> {
    const answer = await this.call('POST', set, body);
    if (answer.status !== 204) throw new Error(`POST ${set} answered ${answer.status}: ${answer.text}`);
    return /\(([^)]+)\)$/.exec(answer.headers.get('odata-entityid') ?? '')?.[1] ?? '';
  }

  async refusal(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Refusal> {
    const { status, json } = await this.call(method, path, body, headers);
    const error = (json['error'] ?? {}) as Json;
    return { status, code: error['code'], message: String(error['message']) };
  }

  async control(method: string, name: string, body?: unknown): Promise<Json> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await this.http(method, `/_sandbox/${name}`, {}, text);
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.json;
  }

  close(): Promise<void> {
    return this.sandbox.close();
  }
}
