import { afterEach, expect, test } from '@jest/globals';
import { ID, OTHER_ID, startWorld, type World } from './environment';

let world: World;
afterEach(() => world.close());

test('lists enabled people by name, as many as asked for', async () => {
  const users = [
    { systemuserid: ID.toUpperCase(), fullname: 'Ann Owner', internalemailaddress: 'ann@example.com' },
    { systemuserid: OTHER_ID, fullname: 'No Mail', internalemailaddress: null },
    { systemuserid: OTHER_ID, fullname: null, internalemailaddress: 'no.name@example.com' },
    { systemuserid: 'none', fullname: 'Nobody' },
  ];
  world = await startWorld(() => ({ status: 200, body: { value: users } }));
  expect(await world.dataverse.listOwners(1_000)).toEqual({
    ok: [
      { id: ID, name: 'Ann Owner', email: 'ann@example.com' },
      { id: OTHER_ID, name: 'No Mail' },
      { id: OTHER_ID, name: 'no.name@example.com', email: 'no.name@example.com' },
    ],
  });
  const url = decodeURIComponent(world.asked()[0]?.url ?? '');
  expect(url).toContain('$filter=isdisabled eq false and accessmode eq 0');
  expect(url).toContain('$orderby=fullname&$top=1000');
});

test('hands failures up', async () => {
  world = await startWorld(() => ({ status: 503, body: 'Service Unavailable' }));
  expect(await world.dataverse.listOwners(1_000)).toMatchObject({ failure: { kind: 'retry' } });
});
