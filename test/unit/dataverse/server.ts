/** A small HTTP server that plays Dataverse with whatever answers a test gives, batches included. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Got {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Given {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface TestServer {
  readonly url: string;
  /** Every HTTP request, a batch counting as one. */
  readonly requests: Got[];
  /** Every operation, those inside batches one by one. */
  readonly operations: Got[];
  close(): Promise<void>;
}

/** `operation` answers single requests and parts of batches alike; `request` may answer a whole request before that. */
export async function startServer(
  operation: (got: Got) => Given,
  request: (got: Got) => Given | undefined = () => undefined,
): Promise<TestServer> {
  const requests: Got[] = [];
  const operations: Got[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
      const got = {
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      requests.push(got);
      const given = request(got) ?? answerAll(got);
      const text = given.body === undefined ? '' : typeof given.body === 'string' ? given.body : JSON.stringify(given.body);
      outgoing.writeHead(given.status, { ...(typeof given.body === 'object' ? JSON_TYPE : {}), ...given.headers });
      outgoing.end(text);
    });
  });
  const answerAll = (got: Got): Given => {
    if (!got.url.endsWith('/$batch')) {
      operations.push(got);
      return operation(got);
    }
    const parts = parseBatchRequest(got.headers['content-type'] ?? '', got.body);
    operations.push(...parts);
    return writeBatchAnswer(parts.map(operation));
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    operations,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const JSON_TYPE = { 'content-type': 'application/json; odata.metadata=minimal' };

/** Reads a batch as strictly as RFC 2046 and Dataverse do: CRLF everywhere, the last line included. */
export function parseBatchRequest(contentType: string, body: string): Got[] {
  const boundary = /^multipart\/mixed; boundary="([^"]+)"$/.exec(contentType)?.[1];
  if (boundary === undefined) throw new Error(`not a batch: ${contentType}`);
  if (/[^\r]\n/.test(body) || /\r[^\n]/.test(body)) throw new Error('a bare CR or LF');
  const end = `--${boundary}--\r\n`;
  if (!body.endsWith(end)) throw new Error('no closing delimiter on a line of its own');
  const [before, ...sections] = `\r\n${body.slice(0, -end.length)}`.split(`\r\n--${boundary}\r\n`);
  if (before !== '') throw new Error('text before the first part');
  return sections.map((section, index) => {
    const text = index === sections.length - 1 ? section.replace(/\r\n$/, '') : section;
    const [outer, head = '', ...rest] = text.split('\r\n\r\n');
    if (outer !== 'Content-Type: application/http\r\nContent-Transfer-Encoding: binary')
      throw new Error(`part headers: ${outer}`);
    const [line = '', ...headerLines] = head.split('\r\n');
    const [, method = '', url = ''] = /^([A-Z]+) (.+) HTTP\/1\.1$/.exec(line) ?? [];
    const headers = Object.fromEntries(
      headerLines.map((header) => {
        const colon = header.indexOf(': ');
        return [header.slice(0, colon).toLowerCase(), header.slice(colon + 2)];
      }),
    );
    return { method, url: url.replace(/^https?:\/\/[^/]+/, ''), headers, body: rest.join('\r\n\r\n') };
  });
}

/** Writes a batch's answer as in the documentation's samples: unquoted boundary, two blank lines after a 204. */
export function writeBatchAnswer(answers: readonly Given[], newline = '\r\n', boundary = 'batchresponse_f44bd09d'): Given {
  const lines = answers.flatMap((answer) => [
    `--${boundary}`,
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    '',
    `HTTP/1.1 ${answer.status} ${answer.status < 300 ? 'OK' : 'Bad Request'}`,
    ...(answer.body === undefined ? [] : ['Content-Type: application/json; odata.metadata=minimal']),
    'OData-Version: 4.0',
    ...Object.entries(answer.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    '',
    answer.body === undefined ? '' : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body),
  ]);
  return {
    status: 200,
    headers: { 'content-type': `multipart/mixed; boundary=${boundary}`, 'odata-version': '4.0' },
    body: [...lines, `--${boundary}--`, ''].join(newline),
  };
}
