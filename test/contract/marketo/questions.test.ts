/**
 * What no documentation tells, or two tell differently: here is what we take for granted. On the sandbox this shows that it does as we
 * assume; on a real instance it settles the question. docs/unverified.md lists them, and what would have to change where one fails.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../../support/eventually';
import { LAST_NAME } from '../target';
import { type MarketoTarget, openMarketo, type RawAnswer } from './target';

let target: MarketoTarget;
beforeAll(async () => {
  target = await openMarketo('questions');
  if (target.isLive) jest.setTimeout(20 * 60_000);
}, 120_000);
afterAll(() => target.close(), 120_000);

type Item = Readonly<Record<string, unknown>>;
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const itemsOf = ({ json }: RawAnswer): readonly Item[] => (json['result'] as readonly Item[] | undefined) ?? [];
const codeOf = ({ json }: RawAnswer): unknown => (json['errors'] as readonly Item[] | undefined)?.[0]?.['code'];
const reasonOf = (item: Item | undefined): unknown => (item?.['reasons'] as readonly Item[] | undefined)?.[0]?.['code'];
const get = (path: string, query: Readonly<Record<string, string>> = {}) =>
  target.send('GET', `${path}?${new URLSearchParams(query).toString()}`);
const update = async (id: string, values: object): Promise<Item | undefined> => {
  const body = { action: 'updateOnly', lookupField: 'id', input: [{ id: Number(id), ...values }] };
  return itemsOf(await target.send('POST', '/rest/v1/leads.json', JSON.stringify(body), JSON_TYPE))[0];
};
async function tokenNow(): Promise<string> {
  const sinceDatetime = `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`;
  return String((await get('/rest/v1/activities/pagingtoken.json', { sinceDatetime })).json['nextPageToken']);
}

/** The entries of one person after a token, as soon as `wanted` holds, in the order of the feed. */
async function entries(
  feed: string,
  token: string,
  id: string,
  query: Readonly<Record<string, string>>,
  wanted: (found: readonly Item[]) => boolean,
) {
  const read = async (): Promise<readonly Item[]> => {
    const found: Item[] = [];
    for (let nextPageToken = token, more = true; more; ) {
      const page = await get(`/rest/v1/${feed}.json`, { ...query, nextPageToken });
      found.push(...itemsOf(page).filter((entry) => String(entry['leadId']) === id));
      nextPageToken = String(page.json['nextPageToken']);
      more = page.json['moreResult'] === true;
    }
    return found;
  };
  return eventually(read, wanted, target.feedPatienceMs);
}
const changesOf = (found: readonly Item[], field: string): readonly Item[] =>
  found.flatMap((entry) => (entry['fields'] as readonly Item[] | undefined) ?? []).filter(({ name }) => name === field);

/** What `leadchanges` tells of one field of a person, once it tells of it at all. */
const changesIn = async (token: string, id: string, field: string) => {
  const seen = await entries('activities/leadchanges', token, id, { fields: field }, (all) => changesOf(all, field).length > 0);
  return changesOf(seen, field);
};

describe('tokens and envelopes', () => {
  test('a token asked for twice is the same, with what is left of its life', async () => {
    const { clientId, clientSecret } = target.credentials;
    const query = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
    const ask = async () => (await (await fetch(`${target.url}/identity/oauth/token?${query.toString()}`)).json()) as Item;
    const [first, second] = [await ask(), await ask()];
    expect(second['access_token']).toBe(first['access_token']);
    expect(Number(second['expires_in'])).toBeLessThanOrEqual(Number(first['expires_in']));
  });

  test('a token in the query is refused with 600', async () => {
    const header = (await get('/rest/v1/leads/partitions.json')).json['success'];
    expect(header).toBe(true);
    const { clientId, clientSecret } = target.credentials;
    const query = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
    const grant = (await (await fetch(`${target.url}/identity/oauth/token?${query.toString()}`)).json()) as Item;
    const answer = await fetch(`${target.url}/rest/v1/leads/partitions.json?access_token=${String(grant['access_token'])}`);
    expect(await answer.json()).toMatchObject({ success: false, errors: [{ code: '600' }] });
  });

  test('the second half of a request id is the time', async () => {
    const { json, headers } = await get('/rest/v1/leads/partitions.json');
    const atMs = Number.parseInt(String(json['requestId']).split('#')[1] ?? '', 16);
    expect(Math.abs(atMs - Date.parse(headers.get('date') ?? ''))).toBeLessThan(60_000);
  });
});

describe('feeds', () => {
  test("a paging token that is not Marketo's is refused in a way that we take for a lost token", async () => {
    const answer = await get('/rest/v1/activities/deletedleads.json', { nextPageToken: 'nonsense' });
    expect(answer.json['success']).toBe(false);
    const [error] = answer.json['errors'] as readonly Item[];
    expect(['1001', '1003', '704'].includes(String(error?.['code'])) || /paging ?token/i.test(String(error?.['message']))).toBe(
      true,
    );
  });

  test('changes can be asked for of every field there is, in a form', async () => {
    const described = itemsOf(await get('/rest/v1/leads/describe.json'));
    const fields = described.flatMap(({ rest }) => (rest === undefined ? [] : [String((rest as Item)['name'])]));
    const form = new URLSearchParams({ fields: fields.join(','), nextPageToken: await tokenNow() });
    const answer = await target.send('POST', '/rest/v1/activities/leadchanges.json?_method=GET', form.toString(), FORM_TYPE);
    expect([fields.length > 50, answer.json['success']]).toEqual([true, true]);
  });

  test('a value that is written again, or written in vain, is no change', async () => {
    const token = await tokenNow();
    const id = await target.person({ firstName: 'Ann' });
    await update(id, { firstName: 'Ann' });
    await update(id, { firstName: 'Anna' });
    const changes = await changesIn(token, id, 'firstName');
    expect(changes).toMatchObject([{ oldValue: 'Ann', newValue: 'Anna' }]);
  });

  test('a change is named by the REST name and the field id of Describe', async () => {
    const token = await tokenNow();
    const id = await target.person({ firstName: 'Ann' });
    await update(id, { firstName: 'Anna' });
    const described = itemsOf(await get('/rest/v1/leads/describe.json')).find(
      ({ rest }) => (rest as Item | undefined)?.['name'] === 'firstName',
    );
    const changes = await changesIn(token, id, 'firstName');
    expect(changes).toMatchObject([{ id: described?.['id'], name: 'firstName' }]);
  });

  test('a value that is cleared is a change to null, to nothing or to an empty text', async () => {
    const token = await tokenNow();
    const id = await target.person({ phone: '1' });
    await update(id, { phone: null });
    const changes = await changesIn(token, id, 'phone');
    const [change] = changes;
    expect([change?.['oldValue'], change?.['newValue'] ?? '']).toEqual(['1', '']);
  });

  test('a score is told by Change Score alone, with old and new value', async () => {
    const token = await tokenNow();
    const id = await target.person({ firstName: 'Ann', leadScore: 1 });
    await update(id, { leadScore: 4, firstName: 'Anna' });
    const scores = await entries('activities', token, id, { activityTypeIds: '22' }, (all) => all.length > 0);
    const attributes = (scores.at(-1)?.['attributes'] ?? []) as readonly Item[];
    const valueOf = (name: RegExp) => Number(attributes.find((one) => name.test(String(one['name'])))?.['value']);
    expect([valueOf(/^old ?value$/i), valueOf(/^new ?value$/i)]).toEqual([1, 4]);
    const fields = { fields: 'firstName,leadScore' };
    const changes = await entries('activities/leadchanges', token, id, fields, (all) => changesOf(all, 'firstName').length > 0);
    expect(changesOf(changes, 'leadScore')).toEqual([]);
  });

  test('a merge is told at the winner, with the ids of the losers, and as their deletion', async () => {
    const token = await tokenNow();
    const [winner, loser] = [await target.person(), await target.person()];
    await target.marketer.merge(winner, loser);
    const merges = await entries('activities', token, winner, { activityTypeIds: '32' }, (all) => all.length > 0);
    const attributes = (merges[0]?.['attributes'] ?? []) as readonly Item[];
    const ids = attributes.find(({ name }) => /^merge ?ids?$/i.test(String(name)))?.['value'];
    expect(String(ids).match(/\d+/g)).toContain(loser);
    expect(await entries('activities/deletedleads', token, loser, {}, (all) => all.length > 0)).toHaveLength(1);
  });

  test('entries have a GUID, and dates that end in Z or a zone', async () => {
    const token = await tokenNow();
    const id = await target.person();
    const [entry] = await entries('activities', token, id, { activityTypeIds: '12' }, (all) => all.length > 0);
    expect(entry).toMatchObject({ marketoGUID: expect.stringMatching(/./) });
    expect(String(entry?.['activityDate'])).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:?\d\d)$/);
  });
});

describe('people', () => {
  test('a person that is gone is skipped with 1004, in an update as in a deletion', async () => {
    expect(reasonOf(await update('999999999', { firstName: 'x' }))).toBe('1004');
    const body = JSON.stringify({ input: [{ id: 999_999_999 }] });
    const [deleted] = itemsOf(await target.send('POST', '/rest/v1/leads/delete.json', body, JSON_TYPE));
    expect([deleted?.['status'], reasonOf(deleted)]).toEqual(['skipped', '1004']);
  });

  test('null and an empty text both clear a value', async () => {
    const id = await target.person({ phone: '1', firstName: 'Ann' });
    await update(id, { phone: null, firstName: '' });
    const person = await target.marketer.person(id, ['phone', 'firstName']);
    expect([person?.['phone'] ?? null, person?.['firstName'] ?? null]).toEqual([null, null]);
  });

  test('a text is kept without the blanks around it, and cut to the length of its field', async () => {
    const id = await target.person({ firstName: '  Ann  ' });
    expect((await target.marketer.person(id, ['firstName']))?.['firstName']).toBe('Ann');
    expect(await update(id, { firstName: 'x'.repeat(300) })).toMatchObject({ status: 'updated' });
    expect(String((await target.marketer.person(id, ['firstName']))?.['firstName'])).toHaveLength(255);
  });

  test('a field that is read only makes its record be skipped with 1003, one that does not exist with 1006', async () => {
    const id = await target.person();
    expect(reasonOf(await update(id, { createdAt: '2020-01-01T00:00:00Z' }))).toBe('1003');
    expect(reasonOf(await update(id, { noSuchFieldAtAll: 'x' }))).toBe('1006');
  });

  test('a company field of somebody without a company can be written', async () => {
    const id = await target.person();
    expect(await update(id, { company: LAST_NAME })).toMatchObject({ status: 'updated' });
    expect((await target.marketer.person(id, ['company']))?.['company']).toBe(LAST_NAME);
  });

  test('what several people have can be found, and cannot be written by (1007)', async () => {
    const email = target.email();
    for (const firstName of ['A', 'B']) {
      const input = [{ email, firstName, lastName: LAST_NAME }];
      await target.send('POST', '/rest/v1/leads.json', JSON.stringify({ action: 'createDuplicate', input }), JSON_TYPE);
    }
    expect(await target.marketer.findByEmail(email)).toHaveLength(2);
    const body = { action: 'updateOnly', lookupField: 'email', input: [{ email, firstName: 'C' }] };
    const [written] = itemsOf(await target.send('POST', '/rest/v1/leads.json', JSON.stringify(body), JSON_TYPE));
    expect(reasonOf(written)).toBe('1007');
  });

  test('a filter that nobody fits is an empty result, and one that does not exist is refused with 1011', async () => {
    const nobody = await get('/rest/v1/leads.json', { filterType: 'email', filterValues: 'nobody-has-this@example.com' });
    expect([nobody.json['success'], itemsOf(nobody)]).toEqual([true, []]);
    expect(codeOf(await get('/rest/v1/leads.json', { filterType: 'phone', filterValues: '1' }))).toBe('1011');
  });
});
