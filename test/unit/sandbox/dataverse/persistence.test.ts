import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Dataverse, GUID, type Json } from './client';

let dir: string;
let dataverse: Dataverse;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'dataverse-sandbox-'));
  dataverse = await Dataverse.start(join(dir, 'dataverse.jsonl'));
});
afterEach(async () => {
  await dataverse.close();
  rmSync(dir, { recursive: true });
});

async function restart(): Promise<void> {
  await dataverse.close();
  dataverse = await Dataverse.start(join(dir, 'dataverse.jsonl'));
}

const pathOf = (link: unknown): string => String(link).replace(/^.*\/api\/data\/v9\.2\//, '');

test('rows, versions, tokens, deletions, clock and rules are there after a restart', async () => {
  await dataverse.control('POST', 'seed', { contacts: 5, leads: 2 });
  const gone = String((await dataverse.rows('contacts?$select=contactid&$top=1'))[0]?.['contactid']);
  const token = pathOf((await dataverse.get('contacts?$select=lastname', { prefer: 'odata.track-changes' }))['@odata.deltaLink']);
  await dataverse.create('contacts', { contactid: GUID, lastname: 'Kept' });
  await dataverse.call('DELETE', `contacts(${gone})`);
  await dataverse.control('POST', 'rules', {
    table: 'contact',
    column: 'lastname',
    pattern: 'REJECT',
    code: '0x80040265',
    message: 'No.',
  });
  await dataverse.control('POST', 'column-security', { table: 'contact', column: 'fax', read: false, update: false });
  await dataverse.control('POST', 'clock', { advanceSeconds: 3 * 86_400 });
  await dataverse.signIn();
  const before = {
    row: await dataverse.get(`contacts(${GUID})`),
    changes: await dataverse.rows(token),
    all: await dataverse.rows('leads'),
  };
  await restart();
  expect(await dataverse.get(`contacts(${GUID})`)).toEqual({ ...before.row, '@odata.context': expect.any(String) });
  expect(await dataverse.rows(token)).toEqual(
    before.changes.map((row: Json) => (row['reason'] === undefined ? row : { ...row, '@odata.context': expect.any(String) })),
  );
  expect(await dataverse.rows('leads')).toEqual(before.all);
  expect(await dataverse.refusal('POST', 'contacts', { lastname: 'REJECT me' })).toMatchObject({
    code: '0x80040265',
    message: 'No.',
  });
  expect(await dataverse.refusal('PATCH', `contacts(${GUID})`, { fax: '1' })).toMatchObject({ code: '0x8004f507' });
  await dataverse.control('POST', 'clock', { advanceSeconds: 5 * 86_400 });
  await dataverse.signIn();
  expect(await dataverse.refusal('GET', token)).toMatchObject({ code: '0x80044352' });
});

test('a token is good after a restart, and worthless after a reset', async () => {
  const old = dataverse;
  await old.close();
  const next = await Dataverse.start(join(dir, 'dataverse.jsonl'));
  const answer = await next.askToken({ client_id: 'sync-app', client_secret: 'sync-secret' });
  const headers = { authorization: `Bearer ${String(answer.json['access_token'])}` };
  await next.close();
  dataverse = await Dataverse.start(join(dir, 'dataverse.jsonl'));
  const whoAmI = async () => (await dataverse.http('GET', '/api/data/v9.2/WhoAmI', headers)).status;
  expect(await whoAmI()).toBe(200);
  await dataverse.control('POST', 'reset');
  expect(await whoAmI()).toBe(401);
});

test('a reset leaves what every organisation has, and nothing else', async () => {
  await dataverse.control('POST', 'seed', { contacts: 3 });
  await dataverse.control('POST', 'limits', { requests: 7 });
  await dataverse.control('POST', 'reset');
  await dataverse.signIn();
  expect(await dataverse.rows('contacts')).toEqual([]);
  expect(await dataverse.rows('accounts')).toEqual([]);
  expect((await dataverse.rows('systemusers')).length).toBeGreaterThan(4);
  expect(await dataverse.control('POST', 'limits', {})).toMatchObject({ requests: 6000 });
  await restart();
  expect(await dataverse.rows('contacts')).toEqual([]);
});

test('the seed is the same every time, leads follow after the contacts, and accounts come along', async () => {
  const read = async (set: string) =>
    (await dataverse.rows(`${set}?$select=emailaddress1,fullname&$orderby=createdon`)).map((row) => row['fullname']);
  expect(await dataverse.control('POST', 'seed', { contacts: 4, leads: 2, offset: 10 })).toMatchObject({ contacts: 4, leads: 2 });
  const [contacts, leads] = [await read('contacts'), await read('leads')];
  expect([contacts.length, leads.length]).toEqual([4, 2]);
  expect(await dataverse.rows('accounts')).toHaveLength(4);
  await dataverse.control('POST', 'reset');
  await dataverse.signIn();
  await dataverse.control('POST', 'seed', { contacts: 6, offset: 10 });
  expect(await read('contacts')).toEqual([...contacts, ...leads]);
  await expect(dataverse.control('POST', 'seed', { contacts: -1 })).rejects.toThrow('contacts');
});

test('a file of an earlier version is named, with what to do, and left as it is', async () => {
  const file = join(dir, 'earlier.jsonl');
  writeFileSync(file, `${JSON.stringify([['meta', 'version', 1_000_007]])}\n`);
  await expect(Dataverse.start(file)).rejects.toThrow(
    /earlier\.jsonl was written by an earlier version.*Delete the data directory/s,
  );
  await expect(Dataverse.start(file)).rejects.toThrow('earlier version');
});
