/** An instance whose answers a test gives, in the shapes of Adobe's documentation, and a client that talks to it. */
import type { Clock, Pace, Result } from '../../../src/core/ports';
import { createMarketo } from '../../../src/marketo/client';
import { createHttpClient } from '../../../src/remote/http';
import { type Given, type Got, startServer, type TestServer } from './server';

export const SECRET = 'the-secret-of-the-service';
export const TOKEN = 'cdf01657-110d-4155-99a7-f986b2ff13a0:int';

export const ok = (members: object = {}): Given => ({
  status: 200,
  body: { requestId: 'e42b#14272d07d78', success: true, ...members },
});
export const refusal = (...errors: readonly { code: string | number; message: string }[]): Given => ({
  status: 200,
  body: { requestId: 'e42b#14272d07d78', success: false, errors },
});
export const refused = (code: string, message = ''): Given => refusal({ code, message });

/** A clock that stands still until it is told otherwise. */
export function standingClock(now = '2026-03-01T12:00:00Z'): Clock & { advance(ms: number): void } {
  let nowMs = Date.parse(now);
  return {
    now: () => new Date(nowMs),
    advance(ms) {
      nowMs += ms;
    },
  };
}

export interface World {
  readonly server: TestServer;
  readonly marketo: ReturnType<typeof createMarketo>;
  readonly clock: ReturnType<typeof standingClock>;
  /** Waits that were reported for everyone. */
  readonly blocks: { waitMs: number; code: string }[];
  /** Everything that was logged, as JSON. */
  readonly logged: string[];
  /** Requests that are not about tokens of the identity service. */
  asked(path?: string): Got[];
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly overlapMinutes?: number;
  /** Put behind the address in the client's options. */
  readonly suffix?: string;
  /** Answers of the identity service. */
  readonly identity?: (got: Got) => Given;
}

const IDENTITY = '/identity/oauth/token';
const grant = (): Given => ({
  status: 200,
  body: { access_token: TOKEN, token_type: 'bearer', expires_in: 3599, scope: 'api@acme.com' },
});

/** Starts an instance that `answer` speaks for. Marketo's clock is the client's, unless an answer carries a `date` of its own. */
export async function startWorld(answer: (got: Got) => Given | Promise<Given>, options: WorldOptions = {}): Promise<World> {
  const clock = standingClock();
  const { identity = grant, suffix = '', overlapMinutes } = options;
  const server = await startServer(async (got) => {
    if (got.path === IDENTITY) return identity(got);
    const given = await answer(got);
    return { ...given, headers: { date: clock.now().toUTCString(), ...given.headers } };
  });
  const blocks: { waitMs: number; code: string }[] = [];
  const pace: Pace = {
    acquire: async () => ({ ok: true }),
    block: async (waitMs, code) => {
      blocks.push({ waitMs, code });
    },
  };
  const logged: string[] = [];
  const write = (fields: object, message: string): void => void logged.push(JSON.stringify({ ...fields, message }));
  const marketo = createMarketo({
    baseUrl: server.url + suffix,
    clientId: 'the-client',
    clientSecret: SECRET,
    http: createHttpClient({ timeoutMs: 2_000, concurrency: 4 }),
    clock,
    log: { debug: write, info: write, warn: write, error: write },
    pace,
    ...(overlapMinutes === undefined ? {} : { overlapMinutes }),
  });
  return {
    server,
    marketo,
    clock,
    blocks,
    logged,
    asked: (path) => server.requests.filter((got) => got.path !== IDENTITY && (path === undefined || got.path === path)),
    close: () => server.close(),
  };
}

export function must<T>(result: Result<T> | undefined): T {
  if (result === undefined || 'failure' in result) throw new Error(JSON.stringify(result));
  return result.ok;
}

export const jsonOf = (got: Got | undefined): unknown => JSON.parse(got?.body ?? '');

/** Calls at the same time come in any order. */
export const sorted = <T extends string | number>(items: readonly T[]): T[] => items.toSorted((a, b) => (a < b ? -1 : 1));
