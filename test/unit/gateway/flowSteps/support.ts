/** A gateway that offers the flow step, on a free port, over an in-memory store. */
import type {
  FlowStepAcceptance,
  FlowStepChunk,
  FlowStepChunks,
  FlowStepKind,
  FlowStepState,
  Owner,
  UnattendedCall,
} from '../../../../src/core/ports';
import type { HealthReport } from '../../../../src/gateway/deps';
import type { Keyring } from '../../../../src/gateway/keyring';
import { createGateway } from '../../../../src/gateway/server';
import { GATEWAY_TOKEN, memoryLog, MemoryOperations, MemoryRequests, MemoryTemporal, OPERATOR_TOKEN } from '../support';
import { oneToken } from '../../../support/keyring';

export const BASE = '/flow-steps/sync-person-to-microsoft';

export class MemoryChunks implements FlowStepChunks {
  readonly accepted = new Map<string, FlowStepChunk>();
  ownersKnown: Owner[] = [];
  known: FlowStepState = { open: 0, lost: [] };
  ended = false;
  down = false;
  nobodyIsAt: UnattendedCall[] = [];
  /** Calls are kept when this resolves. */
  commit: Promise<unknown> = Promise.resolve();
  arrived = 0;
  looks = 0;

  async accept(chunk: FlowStepChunk): Promise<FlowStepAcceptance> {
    this.check();
    this.arrived += 1;
    await this.commit;
    const known = this.accepted.get(chunk.id);
    this.accepted.set(chunk.id, known ?? chunk);
    const ids = ({ people }: FlowStepChunk): string => people.map(({ marketoId }) => marketoId).join();
    return { repeated: known !== undefined, samePeople: ids(known ?? chunk) === ids(chunk), ended: this.ended };
  }
  async state(): Promise<FlowStepState> {
    this.check();
    return this.known;
  }
  async unattended(): Promise<readonly UnattendedCall[]> {
    this.looks += 1;
    this.check();
    return this.nobodyIsAt;
  }
  async owners(): Promise<readonly Owner[]> {
    this.check();
    return this.ownersKnown;
  }
  get only(): FlowStepChunk {
    const [first, ...rest] = [...this.accepted.values()];
    if (!first || rest.length > 0) throw new Error(`expected one call, there are ${this.accepted.size}`);
    return first;
  }
  private check(): void {
    if (this.down) throw new Error('connection refused');
  }
}

export interface StepAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Each test knows the shape it asks for.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

export interface StepGateway {
  readonly url: string;
  readonly chunks: MemoryChunks;
  readonly temporal: MemoryTemporal;
  /** Moves the gateway's clock on. */
  pass(ms: number): void;
  /** Of campaigns. */
  readonly keyring: Keyring;
  readonly operations: MemoryOperations;
  readonly started: [string, FlowStepKind][];
  readonly lines: string[];
  /** In the order of time: a response has been written; the run of an answer, or of many people, is started. */
  readonly happened: ('answered' | 'woken')[];
  health: HealthReport;
  /** With the right key, unless another one, or none (`null`), is given. */
  get(name: string, key?: string | null): Promise<StepAnswer>;
  post(name: string, body: unknown, key?: string | null): Promise<StepAnswer>;
  submit(body: unknown, key?: string | null): Promise<StepAnswer>;
  close(): Promise<void>;
}

export async function startStepGateway(
  options: { readonly callbackHosts?: readonly string[]; readonly munchkinId?: string } = {},
): Promise<StepGateway> {
  const chunks = new MemoryChunks();
  const temporal = new MemoryTemporal();
  const operations = new MemoryOperations();
  const started: [string, FlowStepKind][] = [];
  const keyring = oneToken(GATEWAY_TOKEN);
  const { log, lines } = memoryLog();
  const happened: StepGateway['happened'] = [];
  temporal.onStart = () => happened.push('woken');
  let passedMs = 0;
  const app = createGateway({
    requests: new MemoryRequests(),
    operations,
    temporal,
    tokens: { gateway: keyring, operator: oneToken(OPERATOR_TOKEN) },
    health: async () => gateway.health,
    flowStep: {
      chunks,
      startAnswer: async (chunk, kind) => {
        if (temporal.down) throw new Error('14 UNAVAILABLE');
        happened.push('woken');
        started.push([chunk, kind]);
      },
      callbackHosts: options.callbackHosts ?? [],
      ...(options.munchkinId !== undefined && { munchkinId: options.munchkinId }),
    },
    log: {
      ...log,
      debug: (fields, message) => {
        if (message === 'answered') happened.push('answered');
        log.debug(fields, message);
      },
    },
    clock: { now: () => new Date(Date.now() + passedMs) },
    waits: { unattendedMs: 20 },
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });

  async function send(method: string, name: string, key: string | null, body?: unknown): Promise<StepAnswer> {
    const response = await fetch(`${url}${BASE}/${name}`, {
      method,
      headers: {
        ...(key !== null && { 'x-api-key': key }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      get json() {
        return JSON.parse(text);
      },
    };
  }
  const gateway: StepGateway = {
    url,
    chunks,
    temporal,
    pass: (ms) => {
      passedMs += ms;
    },
    keyring,
    operations,
    started,
    lines,
    happened,
    health: { status: 'ready', parts: { store: 'ok', temporal: 'ok' } },
    get: (name, key = GATEWAY_TOKEN) => send('GET', name, key),
    post: (name, body, key = GATEWAY_TOKEN) => send('POST', name, key, body),
    submit: (body, key = GATEWAY_TOKEN) => send('POST', 'submitAsyncAction', key, body),
    close: () => app.close(),
  };
  return gateway;
}

/** Resolves when it holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
