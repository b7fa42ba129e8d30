/** Stands between the product and a vendor, and tells what the product is about to write before it gets there. */
import { createServer, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;

/** One record in a call of the product. */
export interface Write {
  readonly side: 'marketo' | 'dynamics';
  readonly act: 'create' | 'update';
  /** Marketo: `person`; Dynamics: the table. */
  readonly entity: 'person' | 'contacts' | 'leads';
  /** Absent for a person that is created. */
  readonly id?: string;
  readonly values: Json;
  /** The version that the record must have, or else the write is turned away. */
  readonly ifMatch?: string;
}

/** Longer than the product leaves a connection unused. */
const LONGEST_PAUSE_MS = 10 * 60_000;

export interface Tap {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers under an address of its own as `vendorUrl` does. The vendor gets a call when `onWrites` has seen what it would write. */
export async function startTap(vendorUrl: string, onWrites: (writes: readonly Write[]) => Promise<void>): Promise<Tap> {
  const server = createServer((call, answer) => {
    void (async () => {
      const body = await read(call);
      const writes = writesIn(call.method ?? '', call.url ?? '', body.toString('utf8'));
      if (writes.length > 0) await onWrites(writes);
      const onward = request(
        new URL(call.url ?? '/', vendorUrl),
        { method: call.method, headers: call.headers, setHost: false },
        (reply) => {
          answer.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
          reply.pipe(answer);
        },
      );
      onward.on('error', () => answer.destroy());
      onward.end(body);
    })().catch(() => answer.destroy());
  });
  // A connection that is closed here just when the product takes it up again would look like an outage of the vendor.
  server.keepAliveTimeout = LONGEST_PAUSE_MS;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function read(call: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of call) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function writesIn(method: string, url: string, body: string): readonly Write[] {
  const [path = '', query = ''] = url.split('?');
  // A question that is too long for an address.
  if (query.includes('_method=GET')) return [];
  if (path === '/rest/v1/leads.json' && method === 'POST') return people(JSON.parse(body) as Json);
  if (path.endsWith('/$batch')) return parts(body).flatMap((part) => row(part));
  return path.includes('/api/data/') ? row({ method, path, body }) : [];
}

function people({ action, input }: Json): readonly Write[] {
  const act = action === 'updateOnly' ? 'update' : 'create';
  return (input as Json[]).map(({ id, ...values }) => ({
    side: 'marketo',
    act,
    entity: 'person',
    ...(id === undefined ? {} : { id: String(id as number) }),
    values,
  }));
}

interface Part {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly ifMatch?: string | undefined;
}

const PART = /^(PATCH|POST|DELETE) (\S+) HTTP\/1\.1\r\n((?:[^\r\n]+\r\n)*)\r\n(.*)\r\n/gm;
const IF_MATCH = /^if-match: *(.*)\r$/im;

function parts(batch: string): readonly Part[] {
  return [...batch.matchAll(PART)].map(([, method = '', path = '', headers = '', body = '']) => ({
    method,
    path,
    body,
    ifMatch: IF_MATCH.exec(headers)?.[1],
  }));
}

const ROW = /\/(contacts|leads)(?:\(([0-9a-f-]{36})\))?(?:\?|$)/;

function row({ method, path, body, ifMatch }: Part): readonly Write[] {
  const [, entity, id] = ROW.exec(path) ?? [];
  if ((entity !== 'contacts' && entity !== 'leads') || (method !== 'PATCH' && method !== 'POST')) return [];
  const values = JSON.parse(body) as Json;
  const ownId = String(values[entity === 'contacts' ? 'contactid' : 'leadid']);
  const act = method === 'PATCH' ? 'update' : 'create';
  return [{ side: 'dynamics', act, entity, id: id ?? ownId, values, ...(ifMatch === undefined ? {} : { ifMatch }) }];
}
