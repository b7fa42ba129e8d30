/** A small HTTP server that plays Marketo with whatever answers a test gives. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Got {
  readonly method: string;
  readonly path: string;
  /** Parameters of the address, and of the form in the body. */
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Characters of path and query, as sent. */
  readonly urlLength: number;
}

export interface Given {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
}

export interface TestServer {
  readonly url: string;
  readonly requests: Got[];
  close(): Promise<void>;
}

export async function startServer(answer: (got: Got) => Given | Promise<Given>): Promise<TestServer> {
  const requests: Got[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
      const url = incoming.url ?? '';
      const [path = '', query = ''] = url.split('?');
      const body = Buffer.concat(chunks).toString('utf8');
      const form = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded') ? body : '';
      const got = {
        method: incoming.method ?? '',
        path,
        query: Object.fromEntries([...new URLSearchParams(query), ...new URLSearchParams(form)]),
        headers,
        body,
        urlLength: url.length,
      };
      requests.push(got);
      void reply(got, outgoing);
    });
  });
  async function reply(got: Got, outgoing: ServerResponse): Promise<void> {
    const { status, headers, body } = await answer(got);
    const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
    const type = typeof body === 'string' ? {} : { 'content-type': 'application/json;charset=UTF-8' };
    outgoing.writeHead(status, { ...type, ...headers });
    outgoing.end(text);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
