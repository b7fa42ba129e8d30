import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Marketo, skipCode } from './client';

let marketo: Marketo;
beforeEach(async () => {
  marketo = await Marketo.start();
  await marketo.control('POST', 'partitions', { name: 'Europe' });
  await marketo.control('POST', 'partitions', { name: 'Secret', accessible: false });
});
afterEach(() => marketo.close());

describe('partitions', () => {
  test('those within reach are listed', async () => {
    const { result } = await marketo.get('/rest/v1/leads/partitions.json');
    expect(result?.map(({ id, name }) => [id, name])).toEqual([
      [1, 'Default'],
      [2, 'Europe'],
    ]);
  });

  test('people are created in the named one, the default one otherwise', async () => {
    const [there] = await marketo.sync([{ email: 'a@example.com' }], { partitionName: 'Europe' });
    const [here] = await marketo.sync([{ email: 'b@example.com' }]);
    const partition = async (item: typeof here): Promise<unknown> =>
      (await marketo.lead(item?.['id'] as number, 'leadPartitionId'))?.['leadPartitionId'];
    expect([await partition(there), await partition(here)]).toEqual([2, 1]);
  });

  test('an update never moves a person (1010); the partition endpoint does, and says so', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com' });
    const [refused] = await marketo.sync([{ email: 'a@example.com', city: 'Leeds' }], { partitionName: 'Europe' });
    expect(skipCode(refused)).toBe('1010');
    const nextPageToken = await marketo.tokenNow();
    const { result } = await marketo.post('/rest/v1/leads/partitions.json', {
      input: [{ id, partitionName: 'Europe' }, { id, partitionName: 'Secret' }, { id }, { id: 999, partitionName: 'Europe' }],
    });
    expect(result?.map((item) => skipCode(item) ?? item['status'])).toEqual(['updated', '1008', '1009', '1004']);
    expect((await marketo.lead(id, 'leadPartitionId'))?.['leadPartitionId']).toBe(2);
    const feed = await marketo.get('/rest/v1/activities.json', { nextPageToken, activityTypeIds: 100 });
    expect(feed.result).toMatchObject([
      { leadId: id, primaryAttributeValueId: 2, attributes: [{ name: 'Old Partition ID', value: 1 }, {}] },
    ]);
  });

  test('people in one out of reach cannot be written (1008)', async () => {
    await marketo.sync([{ email: 'a@example.com' }], { partitionName: 'Europe' });
    const write = async (): Promise<unknown> => {
      const [item] = await marketo.sync([{ email: 'a@example.com', city: 'Leeds' }]);
      return skipCode(item) ?? item?.['status'];
    };
    expect(await write()).toBe('updated');
    await marketo.control('POST', 'partitions', { name: 'Europe', accessible: false });
    expect(await write()).toBe('1008');
  });
});
