/** The gateway as a deployment runs it, and servers behind it that can go away and come back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../src/embedded/processes';
import { findTemporalBinary } from '../../../src/embedded/temporalBinary';
import { startTemporalServer } from '../../../src/embedded/temporalServer';
import { testSettingsOfThisProcess } from '../../../src/config/testEnv';

export const ROOT = resolve(__dirname, '../../..');
export const GATEWAY_TOKEN = 'campaigns-only-1234';
export const OPERATOR_TOKEN = 'operators-only-5678';
export const WEBHOOK = '/marketo/webhook/sync-person-to-microsoft';

/** A Temporal server for one test file: its queue is nobody else's. */
export async function startOwnTemporal(): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'mdsync-gateway-'));
  const server = await startTemporalServer({
    binary: await findTemporalBinary(testSettingsOfThisProcess()),
    port: await freePort(),
    logFile: join(dir, 'temporal.log'),
  });
  return {
    address: server.address,
    async stop() {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A way to a server that can be closed: for whoever goes it, the server is away then. */
export interface Way {
  readonly port: number;
  open(): Promise<void>;
  /** Connections break, new ones are refused. */
  close(): Promise<void>;
}

export async function wayTo(host: string, port: number): Promise<Way> {
  const own = await freePort();
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  return {
    port: own,
    async open() {
      server = createServer((near) => {
        const far = track(connect(port, host));
        track(near).pipe(far).pipe(near);
        near.on('close', () => far.destroy());
        far.on('close', () => near.destroy());
      });
      server.listen(own, '127.0.0.1');
      await once(server, 'listening');
    },
    async close() {
      const closed = server && once(server, 'close');
      server?.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      server = undefined;
    },
  };
}

type Env = Readonly<Record<string, string>>;

/** Without variables of the machine that name other servers or real systems. */
export function cleanEnv(env: Env): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:MDSYNC|MARKETO|DATAVERSE|TEMPORAL|DATABASE|NO_COLOR|FORCE_COLOR)/.test(name),
  );
  return { ...Object.fromEntries(own), ...env };
}

export interface GatewayProgram {
  readonly url: string;
  /** What it has said so far, on both channels. */
  said(): string;
  says(words: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
}

export async function startGatewayProgram(env: Env, port?: number): Promise<GatewayProgram> {
  const ownPort = port ?? (await freePort());
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, 'dist/gateway.js')], {
    env: cleanEnv({
      MDSYNC_GATEWAY_PORT: String(ownPort),
      MDSYNC_GATEWAY_TOKEN: GATEWAY_TOKEN,
      MDSYNC_OPERATOR_TOKEN: OPERATOR_TOKEN,
      ...env,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return {
    url: `http://127.0.0.1:${ownPort}`,
    said: () => text,
    async says(words) {
      const until = Date.now() + 20_000;
      while (!text.includes(words)) {
        if (child.exitCode !== null || Date.now() > until) throw new Error(`It never said ${words}:\n${text}`);
        await sleep(20);
      }
    },
    kill: (signal) => void child.kill(signal),
    ended: once(child, 'close').then(([code]) => code as number | null),
  };
}

export interface Answer {
  readonly status: number;
  // Each test knows the shape it asks for.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

export async function send(url: string, path: string, token?: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json() };
}

/** Asks until the answer is as wanted; fails with the last one when it never is. */
export async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean, timeoutMs = 20_000): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > until) throw new Error(`It stayed at ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}
