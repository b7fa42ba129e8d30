import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { codeOf, type Envelope, type HttpAnswer, type Item, Marketo } from './client';

let marketo: Marketo;
beforeEach(async () => {
  marketo = await Marketo.start();
});
afterEach(() => marketo.close());

type Kind = 'leads' | 'activities';
const JSON_TYPE = { 'content-type': 'application/json' };
const path = (kind: Kind, rest: string): string => `/bulk/v1/${kind}/export${rest}.json`;
const create = (kind: Kind, body: object): Promise<Envelope> => marketo.post(path(kind, '/create'), body);
const act = (kind: Kind, id: string, action: string): Promise<Envelope> =>
  marketo.call('POST', path(kind, `/${id}/${action}`), JSON_TYPE, '');
const status = async (kind: Kind, id: string): Promise<Item | undefined> =>
  (await marketo.get(path(kind, `/${id}/status`))).result?.[0];
const file = (kind: Kind, id: string, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
  marketo.http('GET', path(kind, `/${id}/file`), { authorization: `Bearer ${marketo.token}`, ...headers });
const advance = async (seconds: number): Promise<void> => {
  await marketo.control('POST', 'clock', { advanceSeconds: seconds });
  marketo.token = await marketo.newToken();
};
const idOf = ({ result }: Envelope): string => result?.[0]?.['exportId'] as string;

/** The last ten days and the next twenty. */
const range = (): object => ({
  startAt: new Date(Date.now() - 10 * 86_400_000).toISOString().replace(/\.\d+/, ''),
  endAt: new Date(Date.now() + 20 * 86_400_000).toISOString().replace(/\.\d+/, ''),
});
/** Runs a job to its end; the text of its file. */
const exported = async (kind: Kind, body: object): Promise<string> => {
  const id = idOf(await create(kind, body));
  await act(kind, id, 'enqueue');
  await advance(10);
  return (await file(kind, id)).text;
};

describe('a job', () => {
  test('is created, queued, processed and completed, with size and checksum of its file', async () => {
    await marketo.create({ email: 'a@example.com', firstName: 'Ann' });
    const created = await create('leads', { fields: ['id', 'email'], filter: { createdAt: range() } });
    const id = idOf(created);
    expect(created.result).toEqual([{ exportId: id, format: 'CSV', status: 'Created', createdAt: expect.any(String) }]);
    expect((await act('leads', id, 'enqueue')).result).toMatchObject([{ status: 'Queued', queuedAt: expect.any(String) }]);
    expect(codeOf(await act('leads', id, 'enqueue'))).toBe('1029');
    expect(await status('leads', id)).toMatchObject({ status: 'Queued' });
    const early = await file('leads', id);
    expect([early.status, early.headers.get('content-type')]).toEqual([404, expect.stringContaining('text/plain')]);
    await advance(10);
    const { text, headers } = await file('leads', id);
    expect([text, headers.get('content-type')]).toEqual(['id,email\n1,a@example.com\n', expect.stringContaining('text/csv')]);
    expect(await status('leads', id)).toMatchObject({
      status: 'Completed',
      finishedAt: expect.any(String),
      numberOfRecords: 1,
      fileSize: text.length,
      fileChecksum: `sha256:${createHash('sha256').update(text).digest('hex')}`,
    });
  });

  test('keeps its file as it was, for seven days', async () => {
    const [id] = await marketo.create({ email: 'a@example.com' });
    const job = idOf(await create('leads', { fields: ['email'], filter: { createdAt: range() } }));
    await act('leads', job, 'enqueue');
    await advance(10);
    const first = (await file('leads', job)).text;
    await marketo.sync([{ id, email: 'b@example.com' }], { action: 'updateOnly', lookupField: 'id' });
    expect((await file('leads', job)).text).toBe(first);
    await advance(8 * 86_400);
    expect((await file('leads', job)).status).toBe(404);
  });

  test.each(['Cancelled', 'Canceled'])('can be cancelled, which is spelled "%s" there', async (spelling) => {
    await marketo.control('POST', 'switches', { cancelledAs: spelling });
    const id = idOf(await create('leads', { fields: ['email'], filter: { createdAt: range() } }));
    await act('leads', id, 'enqueue');
    expect((await act('leads', id, 'cancel')).result).toMatchObject([{ status: spelling }]);
    expect(codeOf(await act('leads', id, 'cancel'))).toBe('1003');
    await advance(10);
    expect(await status('leads', id)).toMatchObject({ status: spelling });
    for (const asked of ['Cancelled', 'Canceled']) {
      expect((await marketo.get(path('leads', ''), { status: ['Created', asked] })).result).toHaveLength(1);
    }
    expect((await marketo.get(path('leads', ''), { status: 'Created,Completed' })).result).toEqual([]);
  });

  test('waits while two others run, and ten at most wait or run', async () => {
    const jobs: string[] = [];
    for (let i = 0; i < 11; i++) jobs.push(idOf(await create('leads', { fields: ['email'], filter: { createdAt: range() } })));
    for (const id of jobs.slice(0, 10)) expect((await act('leads', id, 'enqueue')).success).toBe(true);
    expect(codeOf(await act('leads', jobs[10] ?? '', 'enqueue'))).toBe('1029');
    await advance(1.5);
    const states = async (): Promise<unknown[]> =>
      Promise.all(jobs.slice(0, 10).map(async (id) => (await status('leads', id))?.['status']));
    expect((await states()).filter((state) => state === 'Processing')).toHaveLength(2);
    await advance(10);
    expect(new Set(await states())).toEqual(new Set(['Completed']));
    expect((await act('leads', jobs[10] ?? '', 'enqueue')).success).toBe(true);
  });

  test('is seen by the user who made it only', async () => {
    const id = idOf(await create('leads', { fields: ['email'], filter: { createdAt: range() } }));
    expect(await status('leads', id)).toBeDefined();
    marketo.token = await marketo.newToken('marketing-client', 'marketing-secret');
    expect(await status('leads', id)).toBeUndefined();
    expect((await marketo.get(path('leads', ''))).result).toEqual([]);
    expect((await file('leads', id)).status).toBe(404);
  });

  test('a file is never compressed, however large it is', async () => {
    await marketo.control('POST', 'seed', { people: 300 });
    const { id: listId } = await marketo.control('POST', 'lists', { name: 'All' });
    const input = Array.from({ length: 300 }, (_, i) => ({ id: i + 1 }));
    await marketo.post(`/rest/v1/lists/${listId as number}/leads.json`, { input });
    const id = idOf(await create('leads', { fields: ['email'], filter: { staticListId: listId } }));
    await act('leads', id, 'enqueue');
    await advance(10);
    const { headers, text } = await file('leads', id, { 'accept-encoding': 'gzip' });
    expect(text.length).toBeGreaterThan(2048);
    expect(headers.get('content-encoding')).toBeNull();
  });

  test('a file is sent in parts', async () => {
    await marketo.create({ email: 'a@example.com' });
    const id = idOf(await create('leads', { fields: ['email'], filter: { createdAt: range() } }));
    await act('leads', id, 'enqueue');
    await advance(10);
    const part = async (bytes: string): Promise<unknown> => {
      const { status, text, headers } = await file('leads', id, { range: `bytes=${bytes}` });
      return [status, text, headers.get('content-range')];
    };
    // email\na@example.com\n
    expect(await part('0-0')).toEqual([206, 'e', 'bytes 0-0/20']);
    expect(await part('6-')).toEqual([206, 'a@example.com\n', 'bytes 6-19/20']);
    expect(await part('-4')).toEqual([206, 'com\n', 'bytes 16-19/20']);
    expect(await part('20-')).toEqual([416, '', 'bytes */20']);
  });
});

describe('lead extract', () => {
  test('writes null for no value, quotes where it must, and renames columns', async () => {
    await marketo.create(
      { email: 'a@example.com', address: '1 Main St,\n"Annexe"' },
      { email: 'b@example.com', unsubscribed: true },
    );
    const body = { fields: ['email', 'address', 'unsubscribed'], filter: { createdAt: range() } };
    expect(await exported('leads', { ...body, columnHeaderNames: { email: 'E-mail' } })).toBe(
      'E-mail,address,unsubscribed\na@example.com,"1 Main St,\n""Annexe""",false\nb@example.com,null,true\n',
    );
    expect(await exported('leads', { ...body, fields: ['email', 'unsubscribed'], format: 'TSV' })).toBe(
      'email\tunsubscribed\na@example.com\tfalse\nb@example.com\ttrue\n',
    );
  });

  test('filters by the last change of any field, or by list', async () => {
    await marketo.control('POST', 'seed', { people: 3 });
    await marketo.post('/rest/v1/leads/schema/fields.json', {
      input: [{ name: 'note', displayName: 'Note', dataType: 'string' }],
    });
    await marketo.sync([{ id: 2, note: 'x' }], { action: 'updateOnly', lookupField: 'id' });
    expect(await exported('leads', { fields: ['id'], filter: { updatedAt: range() } })).toBe('id\n2\n');
    expect(await exported('leads', { fields: ['id'], filter: { createdAt: range() } })).toBe('id\n');
    const { id: listId } = await marketo.control('POST', 'lists', { name: 'Few' });
    await marketo.post(`/rest/v1/lists/${listId as number}/leads.json`, { input: [{ id: 3 }] });
    expect(await exported('leads', { fields: ['id'], filter: { staticListId: listId } })).toBe('id\n3\n');
    expect(await exported('leads', { fields: ['id'], filter: { staticListName: 'Few' } })).toBe('id\n3\n');
  });

  const day = { startAt: '2026-01-01T00:00:00Z', endAt: '2026-01-02T00:00:00Z' };
  test.each([
    ['1002', 'no fields', { filter: { createdAt: day } }],
    ['1002', 'no filter', { fields: ['email'] }],
    ['1003', 'two filters', { fields: ['email'], filter: { createdAt: day, updatedAt: day } }],
    ['1003', 'more than 31 days', { fields: ['email'], filter: { createdAt: { ...day, endAt: '2026-02-02T00:00:01Z' } } }],
    ['1001', 'milliseconds', { fields: ['email'], filter: { createdAt: { ...day, startAt: '2026-01-01T00:00:00.000Z' } } }],
    ['1035', 'a smart list', { fields: ['email'], filter: { smartListId: 7 } }],
    ['1013', 'a list that is not there', { fields: ['email'], filter: { staticListId: 7 } }],
    ['1001', 'a format nobody knows', { fields: ['email'], filter: { createdAt: day }, format: 'XML' }],
  ])('is refused with %s: %s', async (code, _what, body) => {
    expect(codeOf(await create('leads', body))).toBe(code);
  });

  test('names the fields that do not exist, in the real text', async () => {
    const answer = await create('leads', { fields: ['email', 'x', 'y'], filter: { createdAt: day } });
    expect(answer.errors).toEqual([{ code: '1003', message: 'Invalid fields [x, y]' }]);
  });
});

describe('activity extract', () => {
  test('has one row per activity with its attributes as JSON, deletions not among them', async () => {
    const [id, gone] = await marketo.create({ email: 'a@example.com', firstName: 'Ann' }, { email: 'b@example.com' });
    await marketo.sync([{ id, city: 'Leeds', leadScore: 5 }], { action: 'updateOnly', lookupField: 'id' });
    await marketo.post('/rest/v1/leads/delete.json', { input: [{ id: gone }] });
    const text = await exported('activities', { filter: { createdAt: range(), activityTypeIds: [13, 22, 37] } });
    const [header, ...rows] = text.trimEnd().split('\n');
    expect(header).toBe(
      'marketoGUID,leadId,activityDate,activityTypeId,campaignId,primaryAttributeValue,primaryAttributeValueId,attributes',
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(
      /^3,1,\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ,13,null,City,59,"\{""New Value"":""Leeds"",""Reason"":""Web service API"",""Source"":""Web service API""\}"$/,
    );
  });

  test('an empty window is a file with a header line', async () => {
    const filter = { createdAt: { startAt: '2020-01-01T00:00:00Z', endAt: '2020-01-02T00:00:00Z' } };
    expect(await exported('activities', { filter, fields: ['marketoGUID', 'leadId'] })).toBe('marketoGUID,leadId\n');
  });

  test('filters by field, which needs the types to be named', async () => {
    const [id] = await marketo.create({ email: 'a@example.com' });
    await marketo.sync([{ id, city: 'Leeds', title: 'CIO' }], { action: 'updateOnly', lookupField: 'id' });
    const filter = { createdAt: range(), activityTypeIds: [13], primaryAttributeValueIds: [59] };
    expect(await exported('activities', { filter, fields: ['primaryAttributeValue'] })).toBe('primaryAttributeValue\nCity\n');
    const byName = { createdAt: range(), activityTypeIds: [13], primaryAttributeValues: ['Job Title'] };
    expect(await exported('activities', { filter: byName, fields: ['primaryAttributeValue'] })).toBe(
      'primaryAttributeValue\nJob Title\n',
    );
    expect(codeOf(await create('activities', { filter: { createdAt: range(), primaryAttributeValueIds: [59] } }))).toBe('1002');
    expect(codeOf(await create('activities', { filter: { createdAt: range() }, fields: ['nope'] }))).toBe('1003');
    expect(codeOf(await create('activities', { filter: { activityTypeIds: [13] } }))).toBe('1002');
  });
});
