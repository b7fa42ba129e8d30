/** Calls of the flow step as the gateway keeps them, how their people's requests end, and a Marketo that takes the answers. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { CreationOutcome, FlowStepChunk } from '../../../src/core/ports';
import type { Database } from '../../../src/store/database';
import { endRequests } from '../../../src/store/requests';
import { flowStepKey } from '../../../src/temporal/names';

let lastId = 100_000;
export const newIds = (count: number): string[] => Array.from({ length: count }, () => String((lastId += 1)));

export function chunkFor(ids: readonly string[], over: Partial<FlowStepChunk> = {}): FlowStepChunk {
  const token = randomUUID();
  return {
    id: token.replaceAll('-', ''),
    kind: 'trigger',
    token,
    callbackUrl: 'https://mkto-cfa.adobe.io/x',
    callbackKey: 'call-back-key',
    munchkinId: 'AAA-999-ZZZ',
    campaignId: '1001',
    people: ids.map((marketoId) => ({ marketoId, syncAs: 'lead' })),
    ...over,
  };
}

/** What the creation workflow does at its end, for people of one chunk. */
export async function endPeople(db: Database, chunk: string, ids: readonly string[], outcome: CreationOutcome): Promise<void> {
  await endRequests(
    db,
    ids.map((id) => ({ requestIds: [flowStepKey.request(chunk, id)], outcome, others: outcome })),
  );
}

/** As if the call had come so much earlier. */
export async function age(db: Database, chunk: string, seconds: number): Promise<void> {
  await sql`
    update flow_step_chunk set accepted_at = accepted_at - make_interval(secs => ${seconds}),
      seen_at = seen_at - make_interval(secs => ${seconds}), sending_until = sending_until - make_interval(secs => ${seconds})
    where id = ${chunk}`.execute(db);
}

export interface TakenAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // Each test knows the shape it asks for.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** How the next answer is received; `lose` does the work and drops the connection. */
export type Reaction =
  | number
  | 'lose'
  | 'refuse-connection'
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> };

export interface Receiver {
  readonly url: string;
  /** Answers that were taken: each token once, as Marketo does. */
  readonly taken: TakenAnswer[];
  /** Every request, taken or not. */
  readonly hits: TakenAnswer[];
  /** Reactions to the next requests; then 202, and 404 for a token that is used. */
  readonly next: Reaction[];
  /** Resolves when so many answers have been taken. */
  waitFor(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const taken: TakenAnswer[] = [];
  const hits: TakenAnswer[] = [];
  const next: Reaction[] = [];
  const used = new Set<unknown>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const answer = { headers: request.headers, text, body: JSON.parse(text) as unknown };
      hits.push(answer);
      const reaction = next.shift() ?? 202;
      if (reaction === 'refuse-connection') return void request.socket.destroy();
      if (typeof reaction === 'object') return void response.writeHead(reaction.status, reaction.headers).end();
      if (reaction !== 'lose' && reaction !== 202) return void response.writeHead(reaction).end();
      const token = request.headers['x-callback-token'];
      if (used.has(token)) return void response.writeHead(404).end();
      used.add(token);
      taken.push(answer);
      return reaction === 'lose' ? void request.socket.destroy() : void response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/customflowaction`,
    taken,
    hits,
    next,
    async waitFor(count) {
      const until = Date.now() + 60_000;
      while (taken.length < count) {
        if (Date.now() > until) throw new Error(`${taken.length} of ${count} answers came`);
        await sleep(20);
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Keeps what is logged, as text. */
export function keepLog() {
  const lines: string[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push(JSON.stringify({ level, ...fields, message }));
  return { lines, log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') } };
}
