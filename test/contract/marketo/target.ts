/**
 * The Marketo that these tests run against: a sandbox of their own, or the real one when `MDSYNC_CONTRACT_LIVE=1` names it. The tests are
 * the same; on a real instance they touch nobody but people of their own, known by last name and e-mail, and delete them whatever happens.
 */
import { type LiveSystems, liveSystemsOfThisProcess } from '../../../src/config/testEnv';
import type { Pace } from '../../../src/core/ports';
import { createMarketo } from '../../../src/marketo/client';
import { createHttpClient } from '../../../src/remote/http';
import { createMarketoSandbox } from '../../../src/sandbox/marketo';
import { createTurns } from '../../support/turns';
import { createMarketer, type Credentials, type Marketer, type Values } from '../../support/vendors';
import { inSandbox, LAST_NAME, type RawAnswer as Raw, sendRaw, SILENT } from '../target';

/**
 * The e-mails of own people: few and fixed, so that a run finds what a killed one has left behind. Each test file has its own, for they run
 * side by side.
 */
const emailsOf = (suite: string): string[] =>
  Array.from({ length: 40 }, (_, index) => `mdsync-contract-${suite}-${index + 1}@example.com`);

export interface RawAnswer extends Raw {
  /** The body, where it is JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface MarketoTarget {
  readonly isLive: boolean;
  readonly url: string;
  readonly credentials: Credentials;
  readonly marketo: ReturnType<typeof createMarketo>;
  /** Somebody else who works in the same instance; on a real one, with the same credentials. */
  readonly marketer: Marketer;
  /** Whether what set-up makes may be made here. */
  readonly maySetUp: boolean;
  connect(clientSecret: string): ReturnType<typeof createMarketo>;
  /** Plain HTTP with a token. */
  send(method: string, path: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  /** An e-mail of one of our own people, which nobody has yet. */
  email(): string;
  /** Creates one of our own people; the id. */
  person(values?: Values): Promise<string>;
  /** How long an entry of a feed may be on its way: at once in the sandbox. */
  readonly feedPatienceMs: number;
  /** Deletes our own people, and closes the sandbox. */
  close(): Promise<void>;
}

/** Two files side by side make 50 calls in 20 seconds: the half of Marketo's limit that Adobe asks one integration to keep to. */
const LIVE_GAP_MS = 800;

const SANDBOX_CALLER = { clientId: 'sync-client', clientSecret: 'sync-secret' };

/** `suite` names the test file. */
export async function openMarketo(
  suite: string,
  live: LiveSystems | undefined = liveSystemsOfThisProcess(),
): Promise<MarketoTarget> {
  if (live?.marketo) {
    const { baseUrl, timeoutMs, ...credentials } = live.marketo;
    return targetOf({
      suite,
      isLive: true,
      url: baseUrl,
      timeoutMs,
      credentials,
      maySetUp: live.maySetUp,
      marketer: credentials,
    });
  }
  return inSandbox(
    () => createMarketoSandbox({}),
    (url) => targetOf({ suite, isLive: false, url, timeoutMs: 30_000, credentials: SANDBOX_CALLER, maySetUp: true }),
  );
}

interface Where {
  readonly suite: string;
  readonly isLive: boolean;
  readonly url: string;
  readonly timeoutMs: number;
  readonly credentials: Credentials;
  readonly maySetUp: boolean;
  readonly marketer?: Credentials;
}

async function targetOf({
  suite,
  isLive,
  url,
  timeoutMs,
  credentials,
  maySetUp,
  marketer: other,
}: Where): Promise<MarketoTarget> {
  const turn = createTurns(isLive ? LIVE_GAP_MS : 0);
  const pace: Pace = { acquire: () => turn().then(() => ({ ok: true })), block: async () => undefined };
  const http = createHttpClient({ timeoutMs, concurrency: 5, pace });
  const connect = (clientSecret: string) =>
    createMarketo({
      baseUrl: url,
      clientId: credentials.clientId,
      clientSecret,
      http,
      clock: { now: () => new Date() },
      log: SILENT,
    });
  const marketer = createMarketer(url, new Date(Date.now() - 3_600_000).toISOString(), {
    ...(other && { credentials: other }),
    turn,
  });
  const emails = emailsOf(suite);
  const sweep = async (): Promise<void> => {
    const found = await marketer.findByEmail(emails.join(','), ['id', 'email', 'lastName']);
    for (const person of found) if (person['lastName'] === LAST_NAME) await marketer.remove(String(person['id']));
  };
  await sweep();
  const free = emails.values();
  const email = (): string => {
    const next = free.next().value;
    if (next === undefined) throw new Error('These tests need more people of their own: lengthen emailsOf');
    return next;
  };
  let token: Promise<string> | undefined;
  const send: MarketoTarget['send'] = async (method, path, body, headers = {}) => {
    token ??= tokenOf(url, credentials);
    await turn();
    const answer = await sendRaw(url + path, { method, token: await token, body, headers });
    return { ...answer, json: parse(answer.text) };
  };
  return {
    isLive,
    url,
    credentials,
    marketo: connect(credentials.clientSecret),
    marketer,
    maySetUp,
    connect,
    send,
    email,
    person: (values = {}) => marketer.create({ lastName: LAST_NAME, email: email(), ...values }),
    feedPatienceMs: isLive ? 10 * 60_000 : 0,
    close: sweep,
  };
}

async function tokenOf(url: string, { clientId, clientSecret }: Credentials): Promise<string> {
  const query = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
  const answer = await fetch(`${url}/identity/oauth/token?${query.toString()}`);
  return String(((await answer.json()) as { access_token?: unknown }).access_token);
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
