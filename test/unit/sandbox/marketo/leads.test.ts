import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, Marketo, skipCode } from './client';

let marketo: Marketo;
beforeEach(async () => {
  marketo = await Marketo.start();
});
afterEach(() => marketo.close());

const LEADS = '/rest/v1/leads.json';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const addField = async (name: string, dataType: string): Promise<void> => {
  const answer = await marketo.post('/rest/v1/leads/schema/fields.json', { input: [{ name, displayName: name, dataType }] });
  expect(answer.result).toEqual([{ name, status: 'created' }]);
};

describe('writing', () => {
  test('results stand in the order of the input, with ids, and say what was done', async () => {
    const first = await marketo.sync([{ email: 'a@example.com' }, { email: 'b@example.com', firstName: 'B' }]);
    expect(first).toEqual([
      { id: 1, status: 'created' },
      { id: 2, status: 'created' },
    ]);
    expect(await marketo.sync([{ email: 'B@Example.com' }, { email: 'c@example.com' }])).toEqual([
      { id: 2, status: 'updated' },
      { id: 3, status: 'created' },
    ]);
    expect((await marketo.lead(2, 'email', 'firstName'))?.['email']).toBe('B@Example.com');
  });

  test('createOnly skips who exists (1005), updateOnly who does not (1004)', async () => {
    await marketo.create({ email: 'a@example.com' });
    const [created, existing] = await marketo.sync([{ email: 'n@example.com' }, { email: 'a@example.com' }], {
      action: 'createOnly',
    });
    expect([created?.['status'], existing?.['status'], skipCode(existing)]).toEqual(['created', 'skipped', '1005']);
    const [updated, unknown] = await marketo.sync([{ email: 'a@example.com' }, { email: 'x@example.com' }], {
      action: 'updateOnly',
    });
    expect([updated?.['status'], skipCode(unknown)]).toEqual(['updated', '1004']);
  });

  test('a key that several people have is skipped with 1007 and its real text', async () => {
    await marketo.create({ email: 'twin@example.com' }, { email: 'twin@example.com' });
    expect(await marketo.sync([{ email: 'twin@example.com', firstName: 'X' }])).toEqual([
      { status: 'skipped', reasons: [{ code: '1007', message: 'Multiple lead match lookup criteria' }] },
    ]);
  });

  test('by id: updateOnly and createOrUpdate update; createOnly and another lookup field refuse an id (1003)', async () => {
    const [id] = await marketo.create({ email: 'a@example.com' });
    for (const action of ['updateOnly', 'createOrUpdate']) {
      expect(await marketo.sync([{ id, firstName: action }], { action, lookupField: 'id' })).toEqual([{ id, status: 'updated' }]);
      const [unknown] = await marketo.sync([{ id: 999, firstName: 'x' }], { action, lookupField: 'id' });
      expect(skipCode(unknown)).toBe('1004');
    }
    for (const options of [{ action: 'createOnly' }, { action: 'createDuplicate' }, {}]) {
      expect(skipCode((await marketo.sync([{ id, email: 'a@example.com' }], options))[0])).toBe('1003');
    }
  });

  test('by a custom field, once it was created; before, the field does not exist', async () => {
    const record = { microsoftId: '2f8b6c3e-0000-4000-8000-000000000001', lastName: 'Ann' };
    const options = { lookupField: 'microsoftId' };
    expect(codeOf(await marketo.post(LEADS, { ...options, input: [record] }))).toBe('1006');
    await addField('microsoftId', 'string');
    const [created] = await marketo.sync([record], options);
    expect(created?.['status']).toBe('created');
    expect(await marketo.sync([{ ...record, lastName: 'Anne' }], options)).toEqual([{ id: created?.['id'], status: 'updated' }]);
  });

  test('a record with a bad field or value is skipped, the others are done', async () => {
    const results = await marketo.sync([
      { email: 'ok@example.com' },
      { email: 'x1@example.com', noSuchField: 1 },
      { email: 'x2@example.com', numberOfEmployees: 'many' },
      { email: 'x3@example.com', createdAt: '2020-01-01' },
      { email: 'ünïcode@example.com' },
      { firstName: 'Nobody' },
      { email: 'x4@example.com', dateOfBirth: '2023-02-30' },
    ]);
    expect(results.map((item) => skipCode(item))).toEqual([undefined, '1006', '1001', '1003', '1001', '1003', '1001']);
    expect(results[1]).toEqual({ status: 'skipped', reasons: [{ code: '1006', message: "Field 'noSuchField' not found" }] });
    expect(results[2]).toMatchObject({ reasons: [{ message: "Invalid value 'many'. Required of type 'integer'" }] });
    expect((await marketo.get(LEADS, { filterType: 'email', filterValues: 'x1@example.com,x2@example.com' })).result).toEqual([]);
  });

  test('values are kept as Marketo keeps them: cut, rounded to seconds in UTC, blank is none', async () => {
    await addField('webinar', 'datetime');
    const [id = 0] = await marketo.create({
      firstName: '  Ann ',
      lastName: 'x'.repeat(300),
      webinar: '2026-03-01T10:20:30.987+02:00',
      dateOfBirth: '1990-05-06T00:00:00Z',
      numberOfEmployees: '12',
      unsubscribed: 'yes',
      city: '',
    });
    expect(
      await marketo.lead(id, 'firstName', 'lastName', 'webinar', 'dateOfBirth', 'numberOfEmployees', 'unsubscribed', 'city'),
    ).toEqual({
      id,
      firstName: 'Ann',
      lastName: 'x'.repeat(255),
      webinar: '2026-03-01T08:20:30Z',
      dateOfBirth: '1990-05-06',
      numberOfEmployees: 12,
      unsubscribed: true,
      city: null,
    });
  });

  test('null and an empty text clear a value', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com', city: 'Leeds', state: 'X', unsubscribed: true });
    await marketo.sync([{ id, city: null, state: '', unsubscribed: null }], { action: 'updateOnly', lookupField: 'id' });
    expect(await marketo.lead(id, 'city', 'state', 'unsubscribed')).toEqual({ id, city: null, state: null, unsubscribed: false });
  });

  test('updatedAt moves with standard fields only, and not for an equal value', async () => {
    await addField('crmNote', 'string');
    const [id = 0] = await marketo.create({ email: 'a@example.com', city: 'Leeds' });
    const updatedAt = async (): Promise<unknown> => (await marketo.lead(id, 'updatedAt'))?.['updatedAt'];
    const before = await updatedAt();
    const write = async (values: object): Promise<unknown> => {
      await marketo.control('POST', 'clock', { advanceSeconds: 60 });
      await marketo.sync([{ id, ...values }], { action: 'updateOnly', lookupField: 'id' });
      return updatedAt();
    };
    expect(await write({ crmNote: 'x' })).toBe(before);
    expect(await write({ city: 'Leeds' })).toBe(before);
    expect(await write({ city: 'York' })).not.toBe(before);
  });

  test.each([
    ['1002', 'no input', {}],
    ['1002', 'an empty input', { input: [] }],
    ['1003', 'more than 300 records', { input: Array.from({ length: 301 }, () => ({ email: 'a@example.com' })) }],
    ['1001', 'an unknown action', { action: 'upsert', input: [{ email: 'a@example.com' }] }],
    ['1006', 'an unknown lookup field', { lookupField: 'nope', input: [{ email: 'a@example.com' }] }],
    ['1011', 'a field nobody is looked up by', { lookupField: 'city', input: [{ email: 'a@example.com' }] }],
    ['1008', 'a partition out of reach', { partitionName: 'Nowhere', input: [{ email: 'a@example.com' }] }],
  ])('fails as a whole with %s: %s', async (code, _what, body) => {
    expect(codeOf(await marketo.post(LEADS, body))).toBe(code);
  });

  test('300 records are one call, and 300 ids another', async () => {
    const input = Array.from({ length: 300 }, (_, i) => ({ email: `p${i}@example.com` }));
    const ids = (await marketo.sync(input)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(300);
    const query = { filterType: 'id', filterValues: ids.join(','), fields: 'id' };
    expect((await marketo.get(LEADS, query)).result).toHaveLength(300);
    expect((await marketo.post('/rest/v1/leads/delete.json', { input: ids.map((id) => ({ id })) })).result).toHaveLength(300);
    expect((await marketo.get(LEADS, query)).result).toEqual([]);
  });

  test('the body must be JSON and say so', async () => {
    expect(codeOf(await marketo.call('POST', LEADS, { 'content-type': 'application/json' }, '{"input":'))).toBe('609');
    expect(codeOf(await marketo.call('POST', LEADS, { 'content-type': 'text/plain' }, '{"input":[{}]}'))).toBe('612');
  });
});

describe('reading', () => {
  test('one person by id, with the usual fields or the named ones; the id is always there', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com', firstName: 'Ann', lastName: 'Adams', title: 'CIO' });
    const stamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await marketo.lead(id)).toEqual({
      id,
      email: 'a@example.com',
      firstName: 'Ann',
      lastName: 'Adams',
      createdAt: stamp,
      updatedAt: stamp,
    });
    expect(await marketo.lead(id, 'title', 'mktoName', 'leadPartitionId', 'isLead')).toEqual({
      id,
      title: 'CIO',
      mktoName: 'Ann Adams',
      leadPartitionId: 1,
      isLead: true,
    });
    expect(codeOf(await marketo.get('/rest/v1/lead/999.json'))).toBe('1004');
    expect(codeOf(await marketo.get('/rest/v1/lead/x.json'))).toBe('1001');
    expect(codeOf(await marketo.get(`/rest/v1/lead/${id}.json`, { fields: 'nope' }))).toBe('1006');
  });

  test('a field without a value is null, or left out where instances do that', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com' });
    expect(await marketo.lead(id, 'email', 'city')).toEqual({ id, email: 'a@example.com', city: null });
    await marketo.control('POST', 'switches', { nulls: 'omitted' });
    expect(await marketo.lead(id, 'email', 'city')).toEqual({ id, email: 'a@example.com' });
  });

  test('people by filter, whatever the case of the text; nobody is an empty result', async () => {
    await addField('microsoftId', 'string');
    const ids = await marketo.create(
      { email: 'a@example.com', microsoftId: 'ABC' },
      { email: 'b@example.com' },
      { email: 'b@example.com' },
    );
    const found = async (filterType: string, filterValues: string | string[]): Promise<unknown> =>
      (await marketo.get(LEADS, { filterType, filterValues })).result?.map(({ id }) => id);
    expect(await found('email', 'B@EXAMPLE.COM,a@example.com')).toEqual(ids);
    expect(await found('email', ['b@example.com', 'a@example.com'])).toEqual(ids);
    expect(await found('id', `${ids[2]},999,${ids[0]}`)).toEqual([ids[0], ids[2]]);
    expect(await found('microsoftId', 'abc')).toEqual([ids[0]]);
    expect(await found('email', 'nobody@example.com')).toEqual([]);
  });

  test('a filter sees changes and deletions at once', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com' });
    const count = async (email: string): Promise<unknown> =>
      (await marketo.get(LEADS, { filterType: 'email', filterValues: email })).result?.length;
    expect(await count('a@example.com')).toBe(1);
    await marketo.sync([{ id, email: 'b@example.com' }], { action: 'updateOnly', lookupField: 'id' });
    expect([await count('a@example.com'), await count('b@example.com')]).toEqual([0, 1]);
    await marketo.post('/rest/v1/leads/delete.json', { input: [{ id }] });
    expect(await count('b@example.com')).toBe(0);
  });

  test('a page has a token only when there are more, and the token leads to the rest', async () => {
    const ids = await marketo.create(...Array.from({ length: 5 }, () => ({ email: 'same@example.com' })));
    const query = { filterType: 'email', filterValues: 'same@example.com', batchSize: 2 };
    const read: unknown[] = [];
    let token: string | undefined;
    let pages = 0;
    do {
      const answer = await marketo.get(LEADS, { ...query, ...(token !== undefined && { nextPageToken: token }) });
      read.push(...(answer.result ?? []).map(({ id }) => id));
      token = answer.nextPageToken;
      pages += 1;
    } while (token !== undefined);
    expect([read, pages]).toEqual([ids, 3]);
    expect(codeOf(await marketo.get(LEADS, { ...query, nextPageToken: 'made-up' }))).toBe('1003');
  });

  test.each([
    ['1002', { filterValues: 'x' }],
    ['1002', { filterType: 'email' }],
    ['1011', { filterType: 'city', filterValues: 'x' }],
    ['1011', { filterType: 'sfdcContactId', filterValues: 'x' }],
    ['1003', { filterType: 'id', filterValues: Array.from({ length: 301 }, (_, i) => i).join(',') }],
    ['1001', { filterType: 'id', filterValues: '1', batchSize: 'all' }],
  ])('answers %s to a bad query', async (code, query) => {
    expect(codeOf(await marketo.get(LEADS, query))).toBe(code);
  });

  test('more than 1,000 matches are refused with the real text', async () => {
    await marketo.control('POST', 'seed', { people: 1000 });
    const query = { filterType: 'leadPartitionId', filterValues: 1, fields: 'id' };
    expect((await marketo.get(LEADS, query)).result).toHaveLength(300);
    await marketo.create({ email: 'one@example.com' });
    expect((await marketo.get(LEADS, query)).errors).toEqual([{ code: '1003', message: 'Too many results match the filter' }]);
  });

  test('a query too long for a URL is sent as a form, with _method in the query or in the form', async () => {
    const ids = await marketo.create({ email: 'a@example.com' }, { email: 'b@example.com' });
    const long = `filterType=email&filterValues=a@example.com,b@example.com,${'x'.repeat(9000)}@example.com`;
    for (const [path, body] of [
      [`${LEADS}?_method=GET`, long],
      [LEADS, `_method=GET&${long}`],
    ] as const) {
      expect((await marketo.call('POST', path, FORM, body)).result?.map(({ id }) => id)).toEqual(ids);
    }
  });
});

describe('deleting', () => {
  test.each(['POST', 'DELETE'])('by %s, each id on its own', async (method) => {
    const ids = await marketo.create({ email: 'a@example.com' }, { email: 'b@example.com' });
    const path = method === 'POST' ? '/rest/v1/leads/delete.json' : LEADS;
    const answer = await marketo.post(path, { input: [{ id: ids[0] }, { id: 999 }] }, method);
    expect(answer.result?.map((item) => [item['id'], item['status'], skipCode(item)])).toEqual([
      [ids[0], 'deleted', undefined],
      [undefined, 'skipped', '1004'],
    ]);
    expect(codeOf(await marketo.get(`/rest/v1/lead/${ids[0]}.json`))).toBe('1004');
    expect(await marketo.lead(ids[1] ?? 0)).toBeDefined();
  });

  test('ids may stand in the query, with an empty body that is called JSON', async () => {
    const ids = await marketo.create({ email: 'a@example.com' }, { email: 'b@example.com' });
    const path = `/rest/v1/leads/delete.json?id=${ids.join(',')}`;
    const answer = await marketo.call('POST', path, { 'content-type': 'application/json' }, '');
    expect(answer.result?.map(({ status }) => status)).toEqual(['deleted', 'deleted']);
  });
});

describe('merging', () => {
  const merge = (winner: number, query: string, form?: string): ReturnType<Marketo['call']> =>
    form === undefined
      ? marketo.call('POST', `/rest/v1/leads/${winner}/merge.json?${query}`, { 'content-type': 'application/json' }, '')
      : marketo.call('POST', `/rest/v1/leads/${winner}/merge.json`, FORM, form);

  test('the winner keeps its values and takes what it lacks; the losers are gone', async () => {
    const [a = 0, b = 0, c = 0] = await marketo.create(
      { email: 'a@example.com', city: 'Leeds' },
      { email: 'b@example.com', city: 'York', phone: '1' },
      { email: 'c@example.com', phone: '2', title: 'CIO', unsubscribed: true },
    );
    const answer = await merge(a, `leadIds=${b},${c}`);
    expect(answer).toEqual({ requestId: expect.any(String), success: true });
    expect(await marketo.lead(a, 'email', 'city', 'phone', 'title', 'unsubscribed')).toEqual({
      id: a,
      email: 'a@example.com',
      city: 'Leeds',
      phone: '1',
      title: 'CIO',
      unsubscribed: false,
    });
    expect([codeOf(await marketo.get(`/rest/v1/lead/${b}.json`)), codeOf(await marketo.get(`/rest/v1/lead/${c}.json`))]).toEqual([
      '1004',
      '1004',
    ]);
  });

  test('takes 25 losers at once', async () => {
    const [winner = 0, ...losers] = await marketo.create(
      ...Array.from({ length: 26 }, (_, i) => ({ email: `p${i}@example.com` })),
    );
    expect((await merge(winner, `leadIds=${losers.join(',')}`)).success).toBe(true);
    expect(codeOf(await marketo.get(`/rest/v1/lead/${losers[24]}.json`))).toBe('1004');
  });

  test('refuses what cannot be merged, and parameters in a form', async () => {
    const [a = 0, b = 0] = await marketo.create({ email: 'a@example.com' }, { email: 'b@example.com' });
    expect(codeOf(await merge(a, ''))).toBe('1002');
    expect(codeOf(await merge(a, '', `leadId=${b}`))).toBe('1003');
    expect(codeOf(await merge(a, `leadId=${a}`))).toBe('1003');
    expect(codeOf(await merge(a, 'leadId=999'))).toBe('1004');
    expect(codeOf(await merge(999, `leadId=${b}`))).toBe('1004');
    expect(codeOf(await merge(a, `leadIds=${Array.from({ length: 26 }, (_, i) => i + 1).join(',')}`))).toBe('1080');
    expect((await merge(a, `leadId=${b}`)).success).toBe(true);
  });
});
