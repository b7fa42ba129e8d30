import { afterEach, describe, expect, it } from '@jest/globals';
import type { ChangePage, Cursor } from '../../../src/core/ports';
import { type Environment, ID, ok, OTHER_ID, refusal, startWorld, type World } from './environment';
import type { Given, Got } from './server';

let world: World;
afterEach(() => world.close());

const FIELDS = { contact: ['lastname', 'ownerid'] };
const CONTEXT = 'https://org/api/data/v9.2/$metadata#contacts(lastname)';
const TOKEN = '$deltatoken=919042%2108%2f22%2f2017%2008%3a10%3a44';
const link = (query: string): string => `${world.server.url}/api/data/v9.2/contacts?$select=lastname&${query}`;
const row = (id: string, lastname: string, modifiedon: string) => ({
  '@odata.etag': 'W/"915244"',
  contactid: id,
  lastname,
  modifiedon,
  statecode: 0,
});
const deleted = (id: string) => ({ '@odata.context': `${CONTEXT}/$deletedEntity`, id, reason: 'deleted' });

async function start(answer: (got: Got) => Given, environment?: Environment): Promise<void> {
  world = await startWorld(answer, environment);
}

async function page(cursor?: Cursor, fields: Readonly<Record<string, readonly string[]>> = FIELDS): Promise<ChangePage> {
  const result = await world.dataverse.changes({ feed: 'contact', overlap: false, fields, ...(cursor ? { cursor } : {}) });
  if ('failure' in result) throw new Error(`${result.failure.code} ${result.failure.message}`);
  return result.ok;
}

describe('changes', () => {
  it('reads everything first, page by page, and then what changed', async () => {
    const answers: Record<string, () => unknown> = {
      first: () => ({ value: [row(ID, 'A', '2026-01-01T00:00:00Z')], '@odata.nextLink': link('$skiptoken=%3Ccookie%20/%3E') }),
      $skiptoken: () => ({ value: [row(OTHER_ID, 'B', '2026-01-02T00:00:00Z')], '@odata.deltaLink': link(TOKEN) }),
      $deltatoken: () => ({
        value: [row(ID, 'C', '2026-01-03T00:00:00Z'), deleted(OTHER_ID)],
        '@odata.deltaLink': link(`${TOKEN}2`),
      }),
    };
    await start((got) => ok(answers[Object.keys(answers).find((key) => got.url.includes(key)) ?? 'first']?.()));

    const first = await page();
    expect(first).toMatchObject({ more: true, fullRead: true, cursor: { highWater: '2026-01-01T00:00:00.000Z' } });
    expect(first.changes).toMatchObject([
      {
        entity: 'contact',
        id: ID,
        kind: 'changed',
        at: '2026-01-01T00:00:00.000Z',
        snapshot: { values: { lastname: 'A' }, version: 'W/"915244"' },
      },
    ]);
    const second = await page(first.cursor);
    expect(second).toMatchObject({
      more: false,
      fullRead: true,
      cursor: { token: link(TOKEN), highWater: '2026-01-02T00:00:00.000Z' },
    });
    const third = await page(second.cursor);
    expect(third).toMatchObject({ more: false, fullRead: false, cursor: { token: link(`${TOKEN}2`) } });
    expect(third.changes).toMatchObject([
      { id: ID, kind: 'changed', snapshot: { values: { lastname: 'C' } } },
      { entity: 'contact', id: OTHER_ID, kind: 'deleted' },
    ]);
    expect(third.changes[1]).not.toHaveProperty('snapshot');
    expect(third.changes[1]?.at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

    const asked = world.asked();
    expect(asked.map((got) => got.headers.prefer)).toEqual([
      expect.stringContaining('odata.track-changes,odata.maxpagesize=500'),
      expect.stringContaining('odata.track-changes,odata.maxpagesize=500'),
      expect.stringMatching(/^odata\.maxpagesize=500/),
    ]);
    // links are used to the letter, escapes included
    expect(asked[2]?.url).toBe(`/api/data/v9.2/contacts?$select=lastname&${TOKEN}`);
    expect(asked[0]?.url).toBe(
      '/api/data/v9.2/contacts?$select=_masterid_value,_originatingleadid_value,_ownerid_value,lastname,modifiedon,new_synctomkto,statecode',
    );
  });

  it('follows a link to another host', async () => {
    await start(() => ok({ value: [], '@odata.deltaLink': link(TOKEN) }));
    const elsewhere = await startWorld(() =>
      ok({ value: [row(ID, 'Z', '2026-01-01T00:00:00Z')], '@odata.deltaLink': link(TOKEN) }),
    );
    const { cursor } = await page();
    const moved = { ...cursor, token: `${elsewhere.server.url}/api/data/v9.2/contacts?${TOKEN}` };
    expect((await page(moved)).changes).toHaveLength(1);
    await elsewhere.close();
  });

  it('costs one request when nothing changed', async () => {
    await start(() => ok({ value: [], '@odata.deltaLink': link(TOKEN) }));
    const { cursor } = await page();
    const before = world.server.requests.length;
    expect(await page(cursor)).toMatchObject({ changes: [], more: false });
    expect(world.server.requests.length - before).toBe(1);
  });

  it('reads everything again when the columns are others, and only then', async () => {
    await start(() => ok({ value: [], '@odata.deltaLink': link(TOKEN) }));
    const { cursor } = await page();
    expect(await page(cursor, { contact: ['ownerid', 'lastname'] })).toMatchObject({ fullRead: false });
    expect(await page(cursor, { contact: ['lastname', 'ownerid', 'nosuchcolumn'] })).toMatchObject({ fullRead: false });
    expect(await page(cursor, { contact: ['lastname'] })).toMatchObject({ fullRead: true });
    expect(world.asked().at(-1)?.url).not.toContain('$deltatoken');
  });

  it('does not read everything again because a column was secured', async () => {
    const environment: Environment = {};
    await start(() => ok({ value: [], '@odata.deltaLink': link(TOKEN) }), environment);
    const fields = { contact: ['emailaddress1'] };
    const { cursor } = await page(undefined, fields);
    Object.assign(environment, { secured: { CanRead: 0, CanCreate: 0, CanUpdate: 0 } });
    const schema = await world.dataverse.schema();
    expect(schema).toMatchObject({ ok: { entities: { contact: { emailaddress1: { readable: false } } } } });
    expect(await page(cursor, fields)).toMatchObject({ fullRead: false });
  });

  it('starts over by itself when a column of its link is gone', async () => {
    const environment: { columnsGone: string[] } = { columnsGone: [] };
    await start(
      (got) =>
        got.url.includes('$deltatoken')
          ? refusal(400, '0x80060888', "Could not find a property named 'lastname' on type 'Microsoft.Dynamics.CRM.contact'.")
          : ok({ value: [], '@odata.deltaLink': link(TOKEN) }),
      environment,
    );
    const { cursor } = await page();
    environment.columnsGone.push('lastname');
    expect(await page(cursor)).toMatchObject({ fullRead: true });
  });

  it('says that the cursor is gone when it expired', async () => {
    await start((got) =>
      got.url.includes('$deltatoken')
        ? refusal(400, '0x80044352', 'Version stamp associated with the client has expired. Please perform a full sync.')
        : ok({ value: [], '@odata.deltaLink': link(TOKEN) }),
    );
    const { cursor } = await page();
    const result = await world.dataverse.changes({ feed: 'contact', overlap: true, fields: FIELDS, cursor });
    expect(result).toMatchObject({ failure: { kind: 'gone', scope: 'cursor', code: '0x80044352' } });
  });

  it('has a row that left the set read again', async () => {
    await start(() =>
      ok({ value: [{ ...deleted(`https://org/contacts(${ID})`), reason: 'changed' }], '@odata.deltaLink': link(TOKEN) }),
    );
    const { changes } = await page();
    expect(changes).toMatchObject([{ id: ID, kind: 'changed' }]);
    expect(changes[0]).not.toHaveProperty('snapshot');
  });

  it('fails when there is no link to go on from', async () => {
    await start(() => ok({ value: [] }));
    const result = await world.dataverse.changes({ feed: 'contact', overlap: false, fields: FIELDS });
    expect(result).toMatchObject({ failure: { kind: 'config', code: 'noDeltaLink' } });
  });
});
