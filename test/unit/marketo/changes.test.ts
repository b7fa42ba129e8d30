import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChangePage, Cursor, Result } from '../../../src/core/ports';
import type { Given, Got } from './server';
import { must, ok, refused, startWorld, type World } from './instance';

const MINT = '/rest/v1/activities/pagingtoken.json';
const PATHS = {
  leadchanges: '/rest/v1/activities/leadchanges.json',
  activities: '/rest/v1/activities.json',
  deletedleads: '/rest/v1/activities/deletedleads.json',
  describe: '/rest/v1/leads/describe.json',
} as const;
const FIELDS = { person: ['email', 'firstName', 'leadScore'] };

let world: World;
/** Answers of a feed by the token asked with; minted tokens are the time they begin at. */
let pages: Record<string, Given>;
let otherwise: (got: Got) => Given;
beforeEach(async () => {
  pages = {};
  otherwise = (got) => ok({ nextPageToken: String(got.query.nextPageToken), moreResult: false });
  world = await startWorld((got) => {
    if (got.path === MINT) return ok({ nextPageToken: String(got.query.sinceDatetime) });
    if (got.path === PATHS.describe) return DESCRIBED;
    return pages[String(got.query.nextPageToken)] ?? otherwise(got);
  });
});
afterEach(() => world.close());

const DESCRIBED = ok({
  result: [
    { id: 48, displayName: 'First Name', dataType: 'string', length: 255, rest: { name: 'firstName', readOnly: false } },
    { id: 5, displayName: 'Person Score', dataType: 'score', rest: { name: 'leadScore', readOnly: false } },
    { id: 6, displayName: 'Behavior Score', dataType: 'score', rest: { name: 'behaviorScore', readOnly: false } },
  ],
});

type Feed = 'leadchanges' | 'activities' | 'deletedleads';
const read = (cursor?: Cursor, options: { feed?: Feed; overlap?: boolean } = {}): Promise<Result<ChangePage>> =>
  world.marketo.changes({
    feed: options.feed ?? 'leadchanges',
    overlap: options.overlap ?? false,
    fields: FIELDS,
    ...(cursor ? { cursor } : {}),
  });
const tokensAsked = (feed: Feed): (string | undefined)[] => world.asked(PATHS[feed]).map((got) => got.query.nextPageToken);
const minted = (): (string | undefined)[] => world.asked(MINT).map((got) => got.query.sinceDatetime);

const changed = (guid: string | undefined, leadId: number, at: string, more: object = {}) => ({
  ...(guid === undefined ? {} : { marketoGUID: guid }),
  leadId,
  activityDate: at,
  activityTypeId: 13,
  fields: [{ id: 48, name: 'firstName', newValue: 'New', oldValue: 'Old' }],
  attributes: [{ name: 'Reason', value: 'Web service API' }],
  ...more,
});

describe('what a feed says', () => {
  test('of changed fields and new people', async () => {
    const born = { id: 12, leadId: 318581, activityDate: '2026-02-17T00:18:41Z', activityTypeId: 12, attributes: [] };
    pages.T = ok({ nextPageToken: 'U', result: [changed('g-1', 775, '2026-02-28T22:31:49+0000'), born] });
    expect(must(await read({ token: 'T' })).changes).toEqual([
      {
        entity: 'person',
        id: '775',
        kind: 'changed',
        at: '2026-02-28T22:31:49.000Z',
        guid: 'leadchanges/g-1',
        fields: [{ field: 'firstName', oldValue: 'Old', newValue: 'New' }],
      },
      // its `id` is no identity: it may not be unique
      { entity: 'person', id: '318581', kind: 'changed', at: '2026-02-17T00:18:41.000Z', isNew: true },
    ]);
    expect(world.asked(PATHS.leadchanges)[0]?.query).toEqual({ nextPageToken: 'T', fields: 'email,firstName,leadScore' });
  });

  test('of fields that were empty, or became so', async () => {
    const fields = [
      { name: 'firstName', newValue: 'First' },
      { name: 'email', newValue: null, oldValue: 'a@example.com' },
    ];
    pages.T = ok({ nextPageToken: 'U', result: [changed('g', 1, '2026-02-28T00:00:00Z', { fields })] });
    expect(must(await read({ token: 'T' })).changes[0]?.fields).toEqual([
      { field: 'firstName', oldValue: null, newValue: 'First' },
      { field: 'email', oldValue: 'a@example.com', newValue: null },
    ]);
  });

  test.each([['12, 13'], ['[12,13]'], ['775,12;13']])('of merges, with the ids "%s"', async (ids) => {
    const merge = {
      marketoGUID: 'm',
      leadId: '775',
      activityDate: '2026-02-28T00:00:00Z',
      activityTypeId: 32,
      attributes: [{ name: 'Merge IDs', value: ids }],
    };
    pages.T = ok({ nextPageToken: 'U', result: [merge] });
    expect(must(await read({ token: 'T' }, { feed: 'activities' })).changes).toEqual([
      {
        entity: 'person',
        id: '775',
        kind: 'merged',
        at: '2026-02-28T00:00:00.000Z',
        guid: 'activities/m',
        mergedIds: ['12', '13'],
      },
    ]);
    expect(world.asked(PATHS.activities)[0]?.query).toEqual({ nextPageToken: 'T', activityTypeIds: '22,32' });
  });

  test('of a merge with one other person, whose id may be a number', async () => {
    const merge = {
      leadId: 775,
      activityDate: '2026-02-28T00:00:00Z',
      activityTypeId: 32,
      attributes: [{ name: 'Merge IDs', value: 12 }],
    };
    pages.T = ok({ nextPageToken: 'U', result: [merge] });
    expect(must(await read({ token: 'T' }, { feed: 'activities' })).changes[0]?.mergedIds).toEqual(['12']);
  });

  test('of deletes', async () => {
    const gone = {
      id: 2,
      marketoGUID: '2',
      leadId: 6,
      activityDate: '2026-02-26T06:56:35+0000',
      activityTypeId: 37,
      attributes: [],
    };
    pages.T = ok({ nextPageToken: 'U', result: [gone] });
    expect(must(await read({ token: 'T' }, { feed: 'deletedleads' })).changes).toEqual([
      { entity: 'person', id: '6', kind: 'deleted', at: '2026-02-26T06:56:35.000Z', guid: 'deletedleads/2' },
    ]);
  });

  test('of nobody is left out, and an entry without a stamp has the time of the answer', async () => {
    pages.T = ok({
      nextPageToken: 'U',
      result: [
        { activityTypeId: 37, leadId: null },
        { activityTypeId: 37, leadId: 0 },
        { activityTypeId: 37, leadId: 6 },
      ],
    });
    const { changes } = must(await read({ token: 'T' }, { feed: 'deletedleads' }));
    expect(changes).toEqual([{ entity: 'person', id: '6', kind: 'deleted', at: '2026-03-01T12:00:00.000Z' }]);
  });

  describe('of scores', () => {
    const score = (fieldId: number | undefined, label = 'Person Score') => ({
      marketoGUID: 's',
      leadId: 1,
      activityDate: '2026-02-28T00:00:00Z',
      activityTypeId: 22,
      ...(fieldId === undefined ? {} : { primaryAttributeValueId: fieldId }),
      primaryAttributeValue: label,
      attributes: [
        { name: 'Change Value', value: '+5' },
        { name: 'New Value', value: '10' },
        { name: 'Old Value', value: '5' },
      ],
    });
    const readScores = async (...result: object[]) => {
      pages.T = ok({ nextPageToken: 'U', result });
      return must(await read({ token: 'T' }, { feed: 'activities' })).changes;
    };
    const inPlay = [{ field: 'leadScore', oldValue: '5', newValue: '10' }];

    test('names the field, by its id or else by its label', async () => {
      expect((await readScores(score(5)))[0]?.fields).toEqual(inPlay);
      expect((await readScores(score(undefined)))[0]?.fields).toEqual(inPlay);
      // one look at the fields is enough
      expect(world.asked(PATHS.describe)).toHaveLength(1);
    });
    test('leaves out those that are not in play', async () => {
      expect(await readScores(score(6), score(5))).toHaveLength(1);
    });
    test('keeps those of fields nobody knows, without saying which', async () => {
      const [change] = await readScores(score(99));
      expect(change).toMatchObject({ kind: 'changed', id: '1' });
      expect(change).not.toHaveProperty('fields');
    });
  });
});

describe('pages', () => {
  test('that are short or empty are not the last ones while there is more', async () => {
    pages.T = ok({ nextPageToken: 'U', moreResult: true, result: [] });
    pages.U = ok({ nextPageToken: 'V', moreResult: true, result: [changed('1', 1, '2026-02-28T00:00:00Z')] });
    pages.V = ok({ nextPageToken: 'W', moreResult: false, result: [] });
    const first = must(await read({ token: 'T' }));
    expect(first).toMatchObject({ changes: [], more: true, fullRead: false, cursor: { token: 'U' } });
    const second = must(await read(first.cursor));
    expect(second).toMatchObject({ changes: [{ id: '1' }], more: true, cursor: { token: 'V' } });
    expect(must(await read(second.cursor))).toMatchObject({ changes: [], more: false, cursor: { token: 'W' } });
    expect(tokensAsked('leadchanges')).toEqual(['T', 'U', 'V']);
    expect(minted()).toEqual([]);
  });

  test('that are full may be the last ones', async () => {
    const result = Array.from({ length: 300 }, (_value, index) => changed(`${index}`, index + 1, '2026-02-28T00:00:00Z'));
    pages.T = ok({ nextPageToken: 'U', moreResult: false, result });
    expect(must(await read({ token: 'T' }))).toMatchObject({ more: false, cursor: { token: 'U' } });
  });

  test('that lead nowhere end the feed', async () => {
    pages.T = ok({ nextPageToken: 'T', moreResult: true, result: [] });
    expect(must(await read({ token: 'T' }))).toMatchObject({ more: false, cursor: { token: 'T' } });
    pages.T = ok({ nextPageToken: 'T2', moreResult: true, result: [] });
    expect(must(await read({ token: 'T' }))).toMatchObject({ more: true });
  });

  test('without a token leave the place where it was', async () => {
    pages.T = ok({ result: [changed('1', 1, '2026-02-28T00:00:00Z')] });
    expect(must(await read({ token: 'T' }))).toMatchObject({ more: false, cursor: { token: 'T' } });
  });

  test('of a field that has vanished are read without it, and loudly', async () => {
    otherwise = (got) =>
      String(got.query.fields).includes('firstName')
        ? refused('1006', "Field 'firstName' not found")
        : ok({ nextPageToken: 'U' });
    expect(await read({ token: 'T' })).toHaveProperty('ok');
    expect(await read({ token: 'T' })).toHaveProperty('ok');
    expect(world.asked().map((got) => got.query.fields)).toEqual([
      'email,firstName,leadScore',
      'email,leadScore',
      'email,leadScore',
    ]);
    expect(world.logged.join()).toContain('firstName');
  });

  test('of another field that Marketo does not know fail', async () => {
    otherwise = () => refused('1006', "Field 'nickName' not found");
    expect(await read({ token: 'T' })).toMatchObject({ failure: { kind: 'config', code: '1006' } });
    expect(world.asked()).toHaveLength(1);
  });
});

describe('the high water', () => {
  const highWaterAfter = async (cursor: Cursor, result: object[], more = true): Promise<string | undefined> => {
    pages[cursor.token] = ok({ nextPageToken: 'U', moreResult: more, result });
    return must(await read(cursor)).cursor.highWater;
  };

  test('is the newest stamp, wherever it stands and however it is written', async () => {
    const result = [
      changed('1', 1, '2026-02-28T10:00:00Z'),
      changed('2', 2, '2026-02-28T14:00:00+0100'),
      changed('3', 3, '2026-02-28T09:00:00Z'),
    ];
    expect(await highWaterAfter({ token: 'T' }, result)).toBe('2026-02-28T13:00:00.000Z');
  });

  test('never falls', async () => {
    const cursor = { token: 'T', highWater: '2026-02-28T12:00:00.000Z' };
    expect(await highWaterAfter(cursor, [changed('1', 1, '2026-02-28T10:00:00Z')])).toBe(cursor.highWater);
    expect(await highWaterAfter(cursor, [changed('1', 1, '2026-02-28T12:00:01Z')])).toBe('2026-02-28T12:00:01.000Z');
  });

  test("is Marketo's now after the last page, so that a feed in which nothing happens does not fall behind", async () => {
    const cursor = { token: 'T', highWater: '2026-01-01T00:00:00.000Z' };
    expect(await highWaterAfter(cursor, [], false)).toBe('2026-03-01T12:00:00.000Z');
    expect(await highWaterAfter(cursor, [], true)).toBe(cursor.highWater);
  });
});

describe('the first read ever', () => {
  test('begins a cycle ago, with a high water to go back to', async () => {
    const page = must(await read());
    expect(minted()).toEqual(['2026-03-01T11:55:00Z']);
    expect(tokensAsked('leadchanges')).toEqual(['2026-03-01T11:55:00Z']);
    expect(page).toMatchObject({ more: false, fullRead: false, cursor: { highWater: '2026-03-01T12:00:00.000Z' } });
  });

  test("goes by Marketo's clock when ours is wrong", async () => {
    await world.close();
    const date = 'Sun, 01 Mar 2026 09:00:00 GMT';
    world = await startWorld((got) => ({ ...ok({ nextPageToken: got.query.sinceDatetime ?? 'U' }), headers: { date } }));
    must(await read());
    expect(minted()).toEqual(['2026-03-01T11:55:00Z', '2026-03-01T08:55:00Z']);
    expect(tokensAsked('leadchanges')).toEqual(['2026-03-01T08:55:00Z']);
  });
});

describe('the overlap', () => {
  const cursor = { token: 'T', highWater: '2026-03-01T12:00:00.000Z' };

  test('is read again from before the high water, and the feed goes on from there', async () => {
    pages['2026-03-01T11:20:00Z'] = ok({
      nextPageToken: 'U',
      moreResult: true,
      result: [changed('1', 1, '2026-03-01T11:21:00Z')],
    });
    const page = must(await read(cursor, { overlap: true }));
    expect(page).toMatchObject({
      changes: [{ guid: 'leadchanges/1' }],
      more: true,
      cursor: { token: 'U', highWater: cursor.highWater },
    });
    expect(tokensAsked('leadchanges')).toEqual(['2026-03-01T11:20:00Z']);
    // the twin without an overlap
    must(await read(cursor));
    expect(tokensAsked('leadchanges')).toEqual(['2026-03-01T11:20:00Z', 'T']);
  });

  test('is as long as one likes', async () => {
    await world.close();
    world = await startWorld((got) => ok({ nextPageToken: got.query.sinceDatetime ?? 'U' }), { overlapMinutes: 90 });
    must(await read(cursor, { overlap: true }));
    expect(minted()).toEqual(['2026-03-01T10:30:00Z']);
  });

  test('waits for the end of a backlog, which going back again and again would never reach', async () => {
    pages.T = ok({ nextPageToken: 'U', moreResult: true, result: [changed('1', 1, '2026-02-28T00:00:00Z')] });
    pages.U = ok({ nextPageToken: 'V', moreResult: false, result: [] });
    const middle = must(await read(cursor));
    const end = must(await read(middle.cursor, { overlap: true }));
    expect(tokensAsked('leadchanges')).toEqual(['T', 'U']);
    must(await read(end.cursor, { overlap: true }));
    expect(minted()).toEqual(['2026-03-01T11:20:00Z']);
  });

  test('is nothing to a cursor without a high water', async () => {
    must(await read({ token: 'T' }, { overlap: true }));
    expect(tokensAsked('leadchanges')).toEqual(['T']);
  });
});

describe('a token that Marketo has forgotten', () => {
  const bad = (): void => void (pages.T = refused('1003', 'Invalid nextPageToken'));

  test('is made again from the high water', async () => {
    bad();
    pages['2026-02-28T11:20:00Z'] = ok({ nextPageToken: 'U', result: [changed('1', 1, '2026-02-28T11:30:00Z')] });
    const page = must(await read({ token: 'T', highWater: '2026-02-28T12:00:00.000Z' }));
    expect(page).toMatchObject({ changes: [{ id: '1' }], cursor: { token: 'U' } });
    expect(minted()).toEqual(['2026-02-28T11:20:00Z']);
  });

  test('in the middle of what there is goes on before the last entry that was read, and to the end', async () => {
    pages.S = ok({ nextPageToken: 'T', moreResult: true, result: [changed('1', 1, '2026-02-28T12:00:00Z')] });
    bad();
    pages['2026-02-28T11:20:00Z'] = ok({
      nextPageToken: 'U',
      moreResult: true,
      result: [changed('1', 1, '2026-02-28T12:00:00Z')],
    });
    pages.U = ok({ nextPageToken: 'V', moreResult: false, result: [changed('2', 2, '2026-02-28T12:30:00Z')] });
    const first = must(await read({ token: 'S', highWater: '2026-02-28T11:00:00.000Z' }));
    const again = must(await read(first.cursor));
    // The entry that comes twice is told by its GUID.
    expect(again).toMatchObject({ changes: [{ guid: first.changes[0]?.guid }], more: true, cursor: { token: 'U' } });
    expect(must(await read(again.cursor))).toMatchObject({ changes: [{ id: '2' }], more: false });
  });

  test('is gone where there is no high water', async () => {
    bad();
    expect(await read({ token: 'T' })).toMatchObject({ failure: { kind: 'gone', scope: 'cursor', code: '1003' } });
    expect(minted()).toEqual([]);
  });

  test('is not the reason when a new one is refused as well: the place must not be lost', async () => {
    otherwise = () => refused('1003', 'Invalid data');
    const result = await read({ token: 'T', highWater: '2026-02-28T12:00:00.000Z' });
    expect(result).toMatchObject({ failure: { kind: 'config', scope: 'request', code: '1003' } });
    expect(tokensAsked('leadchanges')).toEqual(['T', '2026-02-28T11:20:00Z']);
    expect(await read()).toMatchObject({ failure: { kind: 'config', scope: 'request' } });
  });

  test('is not looked for behind other failures', async () => {
    pages.T = refused('611', 'System error');
    expect(await read({ token: 'T', highWater: '2026-02-28T12:00:00.000Z' })).toMatchObject({
      failure: { kind: 'retry', code: '611' },
    });
    expect(minted()).toEqual([]);
  });
});

test('a feed that is none is a mistake of ours', async () => {
  const result = await world.marketo.changes({ feed: 'contact', overlap: false, fields: {} });
  expect(result).toMatchObject({ failure: { kind: 'config', code: 'noSuchFeed' } });
  expect(world.asked()).toEqual([]);
});

test('there are three feeds', () => {
  expect(world.marketo.feeds).toEqual(['leadchanges', 'activities', 'deletedleads']);
});
