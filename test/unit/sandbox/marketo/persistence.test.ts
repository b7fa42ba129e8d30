import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf, Marketo } from './client';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'marketo-'));
  file = join(folder, 'marketo.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LEADS = '/rest/v1/leads.json';

describe('the sandbox', () => {
  test('is found as it was, without having been closed: people, tokens, feeds, types, jobs, clock', async () => {
    const before = await Marketo.start(file);
    await before.control('POST', 'clock', { advanceSeconds: 86_400 * 3 });
    before.token = await before.newToken();
    const token = await before.tokenNow();
    await before.post('/rest/v1/leads/schema/fields.json', {
      input: [{ name: 'note', displayName: 'Note', dataType: 'string' }],
    });
    await before.post('/rest/v1/companies.json', { input: [{ externalCompanyId: 'acme', company: 'Acme' }] });
    await before.create({ email: 'a@example.com', note: 'x', externalCompanyId: 'acme' }, { email: 'b@example.com' });
    await before.post('/rest/v1/leads/1/merge.json?leadId=2');
    const listId = (await before.control('POST', 'lists', { name: 'L' }))['id'];
    await before.post(`/rest/v1/lists/${listId as number}/leads.json`, { input: [{ id: 1 }] });
    const fields = [{ name: 'vin', displayName: 'VIN' }];
    await before.control('POST', 'custom-objects', { name: 'car', displayName: 'Car', fields, dedupeFields: ['vin'] });
    await before.post('/rest/v1/customobjects/car.json', { input: [{ vin: 'a' }] });
    await before.post('/rest/v1/opportunities.json', { input: [{ externalOpportunityId: 'deal', name: 'Deal' }] });
    const role = { externalOpportunityId: 'deal', leadId: 1, role: 'Buyer' };
    await before.post('/rest/v1/opportunities/roles.json', { input: [role] });
    const campaign = (await before.control('POST', 'campaigns', { name: 'Welcome' }))['id'] as number;
    const read = async (marketo: Marketo): Promise<unknown> => [
      await marketo.lead(1, 'email', 'note', 'company', 'updatedAt'),
      (await marketo.get('/rest/v1/activities/leadchanges.json', { nextPageToken: token, fields: 'email' })).result,
      (await marketo.get('/rest/v1/activities/deletedleads.json', { nextPageToken: token })).result,
      (await marketo.get(LEADS, { filterType: 'note', filterValues: 'x' })).result?.length,
      (await marketo.get(`/rest/v1/lists/${listId as number}/leads.json`)).result,
      (await marketo.get('/rest/v1/customobjects/car.json', { filterType: 'vin', filterValues: 'a' })).result,
      (await marketo.post('/rest/v1/opportunities/roles.json?_method=GET', { input: [role] })).result,
      (await marketo.post(`/rest/v1/campaigns/${campaign}/trigger.json`, { input: { leads: [{ id: 1 }] } })).result,
    ];
    const expected = await read(before);

    // Another process would find the same file; the first one is still open, as after a kill.
    const after = await Marketo.start(file);
    after.token = before.token;
    expect(await read(after)).toEqual(expected);
    expect(await after.newToken()).toBe(before.token);
    expect(await after.create({ email: 'c@example.com' })).toEqual([3]);
    await after.close();
    await before.close();
  });

  test('reset returns to an empty instance, in the file too', async () => {
    const first = await Marketo.start(file);
    await first.control('POST', 'seed', { people: 10 });
    await first.control('POST', 'limits', { daily: 1 });
    await first.control('POST', 'reset');
    await first.close();
    const second = await Marketo.start(file);
    expect(codeOf(await second.get('/rest/v1/lead/1.json'))).toBe('1004');
    expect(await second.control('POST', 'limits', {})).toMatchObject({ daily: 50_000 });
    expect(await second.create({ email: 'a@example.com' })).toEqual([1]);
    await second.close();
  });
});

describe('seeding', () => {
  const all = (marketo: Marketo, fields: string): ReturnType<Marketo['get']> =>
    marketo.get(LEADS, { filterType: 'leadPartitionId', filterValues: 1, fields });

  test('gives the same plausible people every time, with their New Lead entries in the past', async () => {
    const marketo = await Marketo.start();
    expect(await marketo.control('POST', 'seed', { people: 200 })).toEqual({ people: 200, offset: 0 });
    const { result = [] } = await all(marketo, 'email,firstName,lastName,phone,company,createdAt');
    expect(result).toHaveLength(200);
    expect(result.filter(({ firstName, lastName }) => Boolean(firstName) && Boolean(lastName))).toHaveLength(200);
    expect(result.filter(({ phone }) => phone === null).length).toBeGreaterThan(10);
    const feed = await marketo.get('/rest/v1/activities/leadchanges.json', {
      nextPageToken: await marketo.tokenSince('2023-12-01'),
      fields: 'email',
    });
    expect(feed.result).toHaveLength(200);
    expect(feed.result?.[0]).toMatchObject({ leadId: 1, activityTypeId: 12, activityDate: result[0]?.['createdAt'] });
    await marketo.control('POST', 'reset');
    marketo.token = await marketo.newToken();
    await marketo.control('POST', 'seed', { people: 200 });
    expect((await all(marketo, 'email,firstName,lastName,phone,company,createdAt')).result).toEqual(result);
    await marketo.close();
  });

  test('with an offset goes on with later humans', async () => {
    const marketo = await Marketo.start();
    await marketo.control('POST', 'seed', { people: 20 });
    await marketo.control('POST', 'seed', { people: 5, offset: 10 });
    const emails = (await all(marketo, 'email')).result?.map(({ email }) => email) ?? [];
    expect(emails.slice(20)).toEqual(emails.slice(10, 15));
    await expect(marketo.control('POST', 'seed', { persons: 3 })).rejects.toThrow(/people/);
    await marketo.close();
  });
});
