/** A gateway on a free port, over small in-memory versions of what stands behind it. */
import type { FastifyInstance } from 'fastify';
import type {
  CreationOutcome,
  CreationRequest,
  CreationRequests,
  Log,
  Operations,
  RecordProgress,
  RetrySelector,
  SetUpReport,
  SyncStatus,
} from '../../../src/core/ports';
import type { GatewayDeps, OperatorDesk, Waits } from '../../../src/gateway/deps';
import { createGateway } from '../../../src/gateway/server';
import type { TemporalDoor } from '../../../src/temporal/door';
import type { ScheduleState } from '../../../src/temporal/schedule';
import { oneToken } from '../../support/keyring';

export const GATEWAY_TOKEN = 'campaigns-only-1234';
export const OPERATOR_TOKEN = 'operators-only-5678';

/** Keeps creation requests in a map; `end` is what the workflow would do. */
export class MemoryRequests implements CreationRequests {
  readonly accepted = new Map<string, { request: CreationRequest; outcome?: CreationOutcome }>();
  /** Called after a request is kept, in place of the workflow. */
  onAccepted: (request: CreationRequest) => void = () => undefined;
  /** How long the store takes to commit. */
  commitMs = 0;
  down = false;

  async accept(request: CreationRequest): Promise<{ repeated: boolean; outcome?: CreationOutcome }> {
    if (this.down) throw new Error('connection refused');
    if (this.commitMs > 0) await new Promise((resolve) => setTimeout(resolve, this.commitMs).unref());
    const known = this.accepted.get(request.requestId);
    if (known) return { repeated: true, ...(known.outcome && { outcome: known.outcome }) };
    this.accepted.set(request.requestId, { request });
    this.onAccepted(request);
    return { repeated: false };
  }

  async outcome(requestId: string): Promise<CreationOutcome | undefined> {
    if (this.down) throw new Error('connection refused');
    return this.accepted.get(requestId)?.outcome;
  }

  end(requestId: string, outcome: CreationOutcome): void {
    const known = this.accepted.get(requestId);
    if (known) known.outcome = outcome;
  }

  get only(): CreationRequest {
    const [first, ...rest] = [...this.accepted.values()];
    if (!first || rest.length > 0) throw new Error(`expected one request, there are ${this.accepted.size}`);
    return first.request;
  }
}

const idle: SyncStatus = {
  pairs: 1234,
  waiting: { create: 0, retry: 0, live: 0, backfill: 0 },
  quarantined: 0,
  openRejections: 0,
  openReviews: 0,
  nearMisses: 0,
  openRequests: 0,
  sides: { marketo: {}, dynamics: {} },
  problems: [],
};

/** Keeps records by key. A retry makes them wait; `steps` plays what the sync does, one step per look. */
export class MemoryOperations implements Operations {
  current: SyncStatus = idle;
  readonly records = new Map<string, RecordProgress>();
  readonly steps: (() => void)[] = [];
  down = false;
  /** Never answers, as a database behind a dead line does. */
  hanging = false;

  async status(): Promise<SyncStatus> {
    await this.check();
    return this.current;
  }

  async retry(selector: RetrySelector): Promise<readonly RecordProgress[]> {
    await this.check();
    const found = [...this.records.values()].filter((record) => matches(record, selector));
    return found.map(({ failure: _failure, outcome: _outcome, ...record }) => {
      const waiting: RecordProgress = { ...record, state: 'waiting', rejections: [] };
      this.records.set(record.key, waiting);
      return waiting;
    });
  }

  async progress(keys: readonly string[]): Promise<readonly RecordProgress[]> {
    await this.check();
    this.steps.shift()?.();
    return keys.flatMap((key) => this.records.get(key) ?? []);
  }

  private async check(): Promise<void> {
    if (this.hanging) await new Promise(() => undefined);
    if (this.down) throw Object.assign(new Error('connect ECONNREFUSED secret-host'), { code: 'ECONNREFUSED' });
  }

  put(record: Partial<RecordProgress> & { key: string }): void {
    this.records.set(record.key, { state: 'waiting', rejections: [], ...this.records.get(record.key), ...record });
  }
}

function matches({ marketoId, microsoftId, failure, rejections }: RecordProgress, selector: RetrySelector): boolean {
  if ('id' in selector) return marketoId === selector.id || microsoftId === selector.id;
  const codes = [...(failure ? [failure.code] : []), ...rejections.map(({ code }) => code)];
  return selector.code === undefined ? codes.length > 0 : codes.includes(selector.code);
}

export class MemoryTemporal implements TemporalDoor {
  readonly signals: [string, string][] = [];
  /** People that were started together, and the calls that wait for them. */
  readonly people: [readonly string[], readonly string[]][] = [];
  /** Called when people are started together. */
  onStart: () => unknown = () => undefined;
  cycles = 0;
  down = false;
  state: ScheduleState = { nextRunAt: '2026-03-01T12:05:00.000Z', lastRunAt: '2026-03-01T12:00:00.000Z', running: false };

  async signalCreate(marketoId: string, requestId: string): Promise<void> {
    this.check();
    this.signals.push([marketoId, requestId]);
  }
  async startPeople(marketoIds: readonly string[], chunks: readonly string[]): Promise<void> {
    this.check();
    this.people.push([marketoIds, chunks]);
    this.onStart();
  }
  async triggerCycle(): Promise<void> {
    this.check();
    this.cycles += 1;
  }
  async schedule(): Promise<ScheduleState> {
    this.check();
    return this.state;
  }
  /** Plays the set-up workflow. */
  onSetUp: () => Promise<SetUpReport> = async () => ({ createdFields: [], preparedTypes: [] });
  async setUp(): Promise<SetUpReport> {
    this.check();
    return this.onSetUp();
  }
  async isAlive(): Promise<boolean> {
    return !this.down;
  }
  private check(): void {
    if (this.down) throw new Error('14 UNAVAILABLE');
  }
}

/** Keeps what is logged, as text. */
export function memoryLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const write = (fields: object, message: string): void => void lines.push(JSON.stringify({ ...fields, message }));
  return { lines, log: { debug: write, info: write, warn: write, error: write } };
}

export interface Route {
  readonly method: string;
  readonly path: string;
}

/** The framework tells its routes as a tree only: a path below another is drawn without its beginning. */
function routesOf(app: FastifyInstance): readonly Route[] {
  const parents: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [, branches = '', part = '', methods = ''] = /^([│├└─\s]*)(\S+) \((.*)\)$/.exec(line) ?? [];
      const depth = branches.length / 4;
      const path = `${parents[depth - 2] ?? ''}${part}`;
      parents[depth - 1] = path;
      return methods.split(', ').map((method) => ({ method, path }));
    });
}

export interface TestGateway {
  readonly url: string;
  readonly requests: MemoryRequests;
  readonly operations: MemoryOperations;
  readonly temporal: MemoryTemporal;
  readonly lines: string[];
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  routes(): readonly Route[];
  close(): Promise<void>;
}

export interface SendOptions {
  readonly token?: string;
  /** Sent as it is when a string, else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Each test knows the shape it asks for.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

export async function startTestGateway(
  options: { waits?: Partial<Waits>; health?: GatewayDeps['health']; desk?: OperatorDesk } = {},
): Promise<TestGateway> {
  const requests = new MemoryRequests();
  const operations = new MemoryOperations();
  const temporal = new MemoryTemporal();
  const { log, lines } = memoryLog();
  const app = createGateway({
    requests,
    operations,
    temporal,
    tokens: { gateway: oneToken(GATEWAY_TOKEN), operator: oneToken(OPERATOR_TOKEN) },
    health: options.health ?? (async () => ({ status: 'ready', parts: { store: 'ok', temporal: 'ok' } })),
    ...(options.desk && { desk: options.desk }),
    log,
    clock: { now: () => new Date() },
    waits: { outcomeMs: 200, pollMs: 10, ...options.waits },
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });

  async function send(method: string, path: string, { token, body, headers }: SendOptions = {}): Promise<Answer> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, json: await response.json() };
  }
  return { url, requests, operations, temporal, lines, send, routes: () => routesOf(app), close: () => app.close() };
}
