import { afterEach, describe, expect, it } from '@jest/globals';
import { ID, ok, OTHER_ID, refusal, startWorld, type World } from './environment';
import type { Got } from './server';

let world: World;
afterEach(() => world.close());

const filterOf = (got: Got | undefined): string => new URL(got?.url ?? '', 'http://x').searchParams.get('$filter') ?? '';
const idsOf = (results: Awaited<ReturnType<World['dataverse']['find']>>) =>
  results.map((result) => ('ok' in result ? result.ok.map((row) => row.id) : result.failure.kind));

describe('find', () => {
  it('searches active rows by several values at once and divides the answer among them', async () => {
    world = await startWorld(() =>
      ok({
        value: [
          { contactid: ID, emailaddress1: 'ANN@example.com', statecode: 0 },
          { contactid: OTHER_ID, emailaddress1: 'ann@example.com', statecode: 0 },
          { contactid: OTHER_ID, emailaddress1: 'änn@example.com', statecode: 0 },
        ],
      }),
    );
    const values = ['Ann@Example.com', "o'neil+1@example.com", '', 'ann@example.com'];
    const results = await world.dataverse.find({ entity: 'contact', by: 'emailaddress1', values, fields: ['lastname'] });
    expect(idsOf(results)).toEqual([[ID, OTHER_ID], [], [], [ID, OTHER_ID]]);
    expect(world.asked()).toHaveLength(1);
    expect(filterOf(world.asked()[0])).toBe(
      "statecode eq 0 and (emailaddress1 eq 'ann@example.com' or emailaddress1 eq 'o''neil+1@example.com')",
    );
  });

  it('asks for 45 values in one request', async () => {
    world = await startWorld(() => ok({ value: [] }));
    await world.dataverse.schema();
    const before = world.server.requests.length;
    const values = Array.from({ length: 45 }, (_, n) => `${n}@example.com`);
    const results = await world.dataverse.find({ entity: 'lead', by: 'emailaddress1', values, fields: [] });
    expect(results).toHaveLength(45);
    expect(world.server.requests.length - before).toBe(1);
    expect(world.asked().map((got) => filterOf(got).split(' or ').length)).toEqual([20, 20, 5]);
  });

  it('searches by lookup with a bare GUID, under the name that queries know', async () => {
    world = await startWorld(() =>
      ok({ value: [{ contactid: ID, _originatingleadid_value: OTHER_ID.toUpperCase(), statecode: 0 }] }),
    );
    const results = await world.dataverse.find({
      entity: 'contact',
      by: 'originatingleadid',
      values: [OTHER_ID, 'x or 1 eq 1'],
      fields: [],
    });
    expect(idsOf(results)).toEqual([[ID], []]);
    expect(filterOf(world.asked()[0])).toBe(`statecode eq 0 and (_originatingleadid_value eq ${OTHER_ID})`);
  });

  it('follows further pages', async () => {
    world = await startWorld((got) =>
      got.url.includes('$skiptoken')
        ? ok({ value: [{ leadid: OTHER_ID, emailaddress1: 'a@b.c' }] })
        : ok({
            value: [{ leadid: ID, emailaddress1: 'a@b.c' }],
            '@odata.nextLink': `${world.server.url}/api/data/v9.2/leads?$skiptoken=%3Ccookie%20x=%22y%22%20/%3E`,
          }),
    );
    const results = await world.dataverse.find({ entity: 'lead', by: 'emailaddress1', values: ['a@b.c'], fields: [] });
    expect(idsOf(results)).toEqual([[ID, OTHER_ID]]);
    expect(world.asked()[1]?.url).toContain('$skiptoken=%3Ccookie%20x=%22y%22%20/%3E');
  });

  it('fails, instead of finding nothing, when the column may not be read', async () => {
    world = await startWorld(() => ok({ value: [] }), { secured: { CanRead: 0, CanCreate: 4, CanUpdate: 4 } });
    const results = await world.dataverse.find({ entity: 'lead', by: 'emailaddress1', values: ['a@b.c'], fields: [] });
    expect(results).toMatchObject([{ failure: { kind: 'config', field: 'emailaddress1' } }]);
  });
});

describe('findOwner', () => {
  const user = (id: string, email: string, isdisabled = false, domainname = '') => ({
    systemuserid: id,
    internalemailaddress: email,
    domainname,
    isdisabled,
  });

  it('takes an enabled user by GUID', async () => {
    world = await startWorld(() => ok(user(ID.toUpperCase(), 'jane@example.com')));
    expect(await world.dataverse.findOwner(ID)).toEqual({ ok: ID });
    expect(world.asked()[0]?.url).toContain(`systemusers(${ID})`);
  });

  it.each([
    ['a disabled user', ok(user(ID, 'jane@example.com', true))],
    ['no user', refusal(404, '0x80040217', `systemuser With Id = ${ID} Does Not Exist`)],
  ])('does not take %s by GUID', async (_what, given) => {
    world = await startWorld(() => given);
    expect(await world.dataverse.findOwner(ID)).toEqual({ ok: undefined });
  });

  it.each([
    ['one user, in any case', [user(ID, 'JANE@Example.com')], ID],
    ['one user by sign-in name', [user(ID, 'other@example.com', false, 'jane@example.com')], ID],
    ['the enabled one of two', [user(ID, 'jane@example.com'), user(OTHER_ID, 'jane@example.com', true)], ID],
    ['neither of two enabled ones', [user(ID, 'jane@example.com'), user(OTHER_ID, 'jane@example.com')], undefined],
    ['no near miss', [user(ID, 'jané@example.com')], undefined],
    ['nobody', [], undefined],
  ])('by e-mail takes %s', async (_what, users, expected) => {
    world = await startWorld(() => ok({ value: users }));
    expect(await world.dataverse.findOwner(' Jane@example.com ')).toEqual({ ok: expected });
  });

  it('hands failures up', async () => {
    world = await startWorld(() => refusal(500, '0x80044150', 'Generic SQL error.'));
    expect(await world.dataverse.findOwner(ID)).toMatchObject({ failure: { kind: 'retry' } });
  });
});
