import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Dataverse } from './client';

let dataverse: Dataverse;
beforeEach(async () => {
  dataverse = await Dataverse.start();
});
afterEach(async () => dataverse.close());

const limit = (limits: object) => dataverse.control('POST', 'limits', limits);
const ask = () => dataverse.call('GET', 'contacts?$top=1');

test('the limits are those of the vendor, until adjusted', async () => {
  expect(await limit({})).toEqual({ requests: 6000, executionSeconds: 1200, concurrent: 52 });
  expect(await limit({ requests: 10 })).toEqual({ requests: 10, executionSeconds: 1200, concurrent: 52 });
});

test('too many requests in five minutes: 429 with a time to wait that grows, until the window has passed', async () => {
  await limit({ requests: 3 });
  for (let i = 0; i < 3; i++) expect((await ask()).status).toBe(200);
  const first = await ask();
  const second = await ask();
  expect(first.status).toBe(429);
  expect(first.json['error']).toEqual({
    code: '0x80072322',
    message: 'Number of requests exceeded the limit of 3 over time window of 300 seconds.',
  });
  const [wait, longer] = [first, second].map((answer) => Number(answer.headers.get('retry-after')));
  expect(wait).toBeGreaterThan(290);
  expect(longer).toBeGreaterThan(wait ?? 0);
  await dataverse.control('POST', 'clock', { advanceSeconds: 301 });
  expect((await ask()).status).toBe(200);
});

test('are per user, and leave the other one alone', async () => {
  const sales = await dataverse.as('sales-app', 'sales-secret');
  await limit({ requests: 1 });
  expect([(await ask()).status, (await ask()).status]).toEqual([200, 429]);
  expect((await sales.call('GET', 'contacts')).status).toBe(200);
});

test('too much execution time', async () => {
  await limit({ executionSeconds: 0.15 });
  await dataverse.control('POST', 'latency', { medianMs: 200, p99Ms: 200 });
  expect((await ask()).status).toBe(200);
  await dataverse.control('POST', 'latency', { medianMs: 0, p99Ms: 0 });
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(refused.json['error']).toEqual({
    code: '0x80072321',
    message:
      'Combined execution time of incoming requests exceeded limit of 150 milliseconds over time window of 300 seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.',
  });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('too many at the same time', async () => {
  await limit({ concurrent: 4 });
  await dataverse.control('POST', 'latency', { medianMs: 200, p99Ms: 200 });
  const statuses = async (number: number) => (await Promise.all(Array.from({ length: number }, ask))).map(({ status }) => status);
  expect(await statuses(4)).toEqual([200, 200, 200, 200]);
  const answers = await Promise.all(Array.from({ length: 8 }, ask));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.json['error']).toEqual({
    code: '0x80072326',
    message: 'Number of concurrent requests exceeded the limit of 4.',
  });
  expect(refused[0]?.headers.get('retry-after')).toMatch(/^\d+$/);
});

test('what is left is told with every answer', async () => {
  await limit({ requests: 100 });
  const left = async () => Number((await ask()).headers.get('x-ms-ratelimit-burst-remaining-xrm-requests'));
  const before = await left();
  expect(await left()).toBe(before - 1);
});

test('a batch of many parts is one request', async () => {
  await limit({ requests: 2 });
  const part = 'Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET WhoAmI HTTP/1.1\r\n\r\n\r\n';
  const body = `${`--b\r\n${part}`.repeat(50)}--b--\r\n`;
  const answer = await dataverse.call('POST', '$batch', body, { 'content-type': 'multipart/mixed; boundary=b' });
  expect(answer.text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(50);
  expect((await ask()).status).toBe(200);
  expect((await ask()).status).toBe(429);
});
