/** A server on this machine that answers, keeps silent or breaks off, as told. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Got {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Answering {
  readonly url: string;
  /** Requests that arrived whole. */
  readonly got: Got[];
  /** Connections made so far. */
  connections(): number;
  close(): Promise<void>;
}

/** `answer` sees each whole request; `early` may end the connection before its body is read. */
export async function serve(
  answer: (got: Got, response: ServerResponse) => void,
  early?: (socket: Socket) => void,
): Promise<Answering> {
  const got: Got[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    if (early) return early(request.socket);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const whole = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      got.push(whole);
      answer(whole, response);
    });
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    got,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
