/**
 * A client that others wrote for the real Marketo, and know nothing of us, finds everything here as it does there. node-marketo-rest is not
 * kept up any more (this fork is its newest version), which does no harm to a witness.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Client from '@grouparoo/node-marketo-rest';
import { Marketo } from './client';

let marketo: Marketo;
let client: Client;
beforeEach(async () => {
  marketo = await Marketo.start();
  client = connect('sync-secret');
});
afterEach(() => marketo.close());

const connect = (clientSecret: string): Client =>
  new Client({
    endpoint: `${marketo.url}/rest`,
    identity: `${marketo.url}/identity`,
    clientId: 'sync-client',
    clientSecret,
    retry: { maxRetries: 2, initialDelay: 20, maxDelay: 40 },
  });

async function people(...emails: readonly string[]): Promise<number[]> {
  const { result } = await client.lead.createOrUpdate(emails.map((email) => ({ email, firstName: 'Ann' })));
  return result.map(({ id }) => id as number);
}

describe('node-marketo-rest', () => {
  test('describes, creates, updates, reads, finds and merges people', async () => {
    expect((await client.lead.describe()).result).toContainEqual(expect.objectContaining({ displayName: 'Email Address' }));
    expect((await client.lead.partitions()).result).toMatchObject([{ id: 1, name: 'Default' }]);
    const [winner = 0, loser = 0] = await people('a@example.com', 'b@example.com');
    const again = await client.lead.createOrUpdate([{ email: 'a@example.com', firstName: 'Anna' }], { lookupField: 'email' });
    expect(again.result).toEqual([{ id: winner, status: 'updated' }]);
    expect((await client.lead.byId(winner, { fields: ['firstName'] })).result).toEqual([{ id: winner, firstName: 'Anna' }]);
    expect((await client.lead.find('id', [winner, loser])).result).toHaveLength(2);
    expect(await client.lead.mergeLead(winner, [loser], {})).toMatchObject({ success: true });
    expect((await client.lead.find('id', [winner, loser])).result).toMatchObject([{ id: winner }]);
  });

  test('works with lists, page by page', async () => {
    const list = (await marketo.control('POST', 'lists', { name: 'Webinar' }))['id'] as number;
    const ids = await people('a@example.com', 'b@example.com', 'c@example.com');
    expect((await client.list.find({ name: ['Webinar'] })).result).toMatchObject([{ id: list }]);
    expect((await client.list.addLeadsToList(list, ids)).result).toEqual(ids.map((id) => ({ id, status: 'added' })));
    const first = await client.list.getLeads(list, { batchSize: 2 });
    const second = await first.nextPage();
    expect([...first.result, ...second.result].map(({ id }) => id)).toEqual(ids);
    expect(second).not.toHaveProperty('nextPage');
    const [one = 0] = ids;
    expect((await client.list.isMember(list, [one])).result).toEqual([{ id: one, status: 'memberof' }]);
    expect((await client.list.removeLeadsFromList(list, [one])).result).toEqual([{ id: one, status: 'removed' }]);
    expect((await client.list.isMember(list, [one])).result).toEqual([{ id: one, status: 'notmemberof' }]);
  });

  test('reads activities and changes', async () => {
    const { nextPageToken } = await client.lead.getPageToken('2020-01-01T00:00:00Z');
    const ids = await people('a@example.com');
    await people('a@example.com');
    await client.lead.createOrUpdate([{ email: 'a@example.com', firstName: 'Anna' }]);
    expect((await client.lead.getActivities(ids, [12], nextPageToken)).result).toMatchObject([
      { leadId: ids[0], activityTypeId: 12 },
    ]);
    const changes = await client.lead.getChanges(nextPageToken, { fields: ['firstName'] });
    expect(changes.result.flatMap(({ fields = [] }) => fields)).toEqual([
      { id: expect.any(Number), name: 'firstName', oldValue: 'Ann', newValue: 'Anna' },
    ]);
    expect(changes).toMatchObject({ moreResult: false, nextPageToken: expect.any(String) });
    expect((await client.activities.getActivityTypes()).result).toContainEqual(
      expect.objectContaining({ id: 12, name: 'New Lead' }),
    );
  });

  test('extracts people in bulk, over the path it makes of the REST endpoint', async () => {
    await people('a@example.com');
    const now = new Date((await marketo.control('POST', 'clock', { advanceSeconds: 60 }))['now'] as string).getTime();
    const at = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+/, '');
    const filter = { createdAt: { startAt: at(now - 3_600_000), endAt: at(now) } };
    const [job] = (await client.bulkLeadExtract.create(['email'], filter)).result;
    const id = String(job?.['exportId']);
    expect((await client.bulkLeadExtract.enqueue(id)).result).toMatchObject([{ status: 'Queued' }]);
    await marketo.control('POST', 'clock', { advanceSeconds: 60 });
    expect((await client.bulkLeadExtract.status(id)).result).toMatchObject([{ status: 'Completed', numberOfRecords: 1 }]);
    expect(await client.bulkLeadExtract.file(id)).toBe('email\na@example.com\n');
  });

  test('asks for a new token when its own has expired', async () => {
    const [id = 0] = await people('a@example.com');
    await marketo.control('POST', 'clock', { advanceSeconds: 7_200 });
    expect((await client.lead.byId(id)).result).toMatchObject([{ id }]);
  });

  test('is told what is wrong in the form it looks for', async () => {
    await expect(Promise.resolve(client.lead.find('phone', ['1']))).rejects.toMatchObject({ errors: [{ code: '1011' }] });
    await expect(Promise.resolve(connect('wrong').lead.describe())).rejects.toThrow(/Authentication \(\w+\): \w+/);
    expect((await client.stats.errors()).result).toMatchObject([{ errors: [{ errorCode: '1011', count: 1 }] }]);
    expect((await client.stats.usage()).result).toMatchObject([{ total: expect.any(Number) }]);
  });
});
