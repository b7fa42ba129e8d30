import { afterEach, describe, expect, it } from '@jest/globals';
import type { RecordRef } from '../../../src/core/types';
import { ACCOUNT_ID, ID, ok, OTHER_ID, refusal, startWorld, type World } from './environment';
import type { Given, Got } from './server';

let world: World;
afterEach(() => world.close());

const contact: RecordRef = { entity: 'contact', id: ID };
const guid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const idIn = (got: Got): string => /\(([0-9a-f-]+)\)/i.exec(got.url)?.[1] ?? '';
const done: Given = { status: 204, headers: { 'OData-EntityId': 'x' } };
const LABEL = '@OData.Community.Display.V1.FormattedValue';

const ROW = {
  '@odata.etag': 'W/"72201545"',
  contactid: ID.toUpperCase(),
  emailaddress1: 'ann@example.com',
  lastname: null,
  annualincome: 12.5,
  annualincome_base: 12.5,
  donotemail: false,
  _ownerid_value: OTHER_ID.toUpperCase(),
  [`_ownerid_value${LABEL}`]: 'Jane',
  _parentcustomerid_value: ACCOUNT_ID,
  [`_parentcustomerid_value${LABEL}`]: 'Contoso',
  [`statecode${LABEL}`]: 'Active',
  statecode: 0,
  new_synctomkto: false,
  _masterid_value: null,
  _originatingleadid_value: OTHER_ID,
  modifiedon: '2026-02-03T04:05:06Z',
};
const FIELDS = {
  contact: ['$id', 'emailaddress1', 'lastname', 'annualincome', 'ownerid', 'parentcustomerid', 'nosuchcolumn', 'secretcode'],
};

describe('read', () => {
  it('answers values by logical name, labels of lookups, the version and the control columns', async () => {
    world = await startWorld(() => ok(ROW));
    expect(await world.dataverse.read([contact], FIELDS)).toEqual([
      {
        ok: {
          entity: 'contact',
          id: ID,
          values: {
            $id: ID,
            $table: 'Contact',
            $deleted: false,
            emailaddress1: 'ann@example.com',
            lastname: null,
            annualincome: 12.5,
            ownerid: OTHER_ID,
            parentcustomerid: ACCOUNT_ID,
          },
          labels: { ownerid: 'Jane', parentcustomerid: 'Contoso' },
          version: 'W/"72201545"',
          control: { state: 0, filter: false, masterId: null, originatingLeadId: OTHER_ID },
        },
      },
    ]);
    const [got] = world.asked();
    expect(got?.url).toBe(
      `/api/data/v9.2/contacts(${ID})?$select=_masterid_value,_originatingleadid_value,_ownerid_value,_parentcustomerid_value,annualincome,emailaddress1,lastname,modifiedon,new_synctomkto,statecode`,
    );
    expect(got?.headers).toMatchObject({
      accept: 'application/json',
      'odata-version': '4.0',
      'odata-maxversion': '4.0',
      'if-none-match': 'null',
      authorization: 'Bearer a-token',
      prefer: 'odata.include-annotations="OData.Community.Display.V1.FormattedValue"',
    });
  });

  it('does not select the filter column where there is none', async () => {
    world = await startWorld(() => ok({ ...ROW, new_synctomkto: undefined }), { noFilterColumn: true });
    const [row] = await world.dataverse.read([contact], FIELDS);
    expect(row).toMatchObject({ ok: { control: { filter: null } } });
    expect(world.asked()[0]?.url).not.toContain('new_synctomkto');
  });

  it('does not tell a value that column security hides, and does tell the same value when it does not', async () => {
    world = await startWorld(() => ok({ ...ROW, emailaddress1: null }), { secured: { CanRead: 0, CanCreate: 4, CanUpdate: 4 } });
    const [hidden] = await world.dataverse.read([contact], FIELDS);
    expect(hidden && 'ok' in hidden && hidden.ok?.values).not.toHaveProperty('emailaddress1');
    await world.close();
    world = await startWorld(() => ok({ ...ROW, emailaddress1: null }), { secured: { CanRead: 4, CanCreate: 4, CanUpdate: 4 } });
    const [shown] = await world.dataverse.read([contact], FIELDS);
    expect(shown).toMatchObject({ ok: { values: { emailaddress1: null } } });
  });

  it('reads 250 rows in three requests and keeps their order, absent ones being proof', async () => {
    world = await startWorld((got) =>
      Number(idIn(got).slice(-4)) % 7 === 0
        ? refusal(404, '0x80040217', `contact With Id = ${idIn(got)} Does Not Exist`)
        : ok({ ...ROW, contactid: idIn(got) }),
    );
    const ids = Array.from({ length: 250 }, (_, n) => guid(n + 1));
    await world.dataverse.read([contact], FIELDS);
    const before = world.server.requests.length;
    const rows = await world.dataverse.read(
      ids.map((id) => ({ entity: 'contact', id })),
      FIELDS,
    );
    expect(world.server.requests.length - before).toBe(3);
    expect(rows.map((row) => ('ok' in row ? (row.ok?.id ?? 'absent') : 'failed'))).toEqual(
      ids.map((id, index) => ((index + 1) % 7 === 0 ? 'absent' : id)),
    );
  });

  it('does not take a 404 about something else for absence', async () => {
    world = await startWorld(() => refusal(404, '0x80040217', `Entity 'account' With Id = ${ACCOUNT_ID} Does Not Exist`));
    expect(await world.dataverse.read([contact], FIELDS)).toMatchObject([{ failure: { kind: 'rejected' } }]);
  });

  it('does not take another row for the one asked for', async () => {
    world = await startWorld(() => ok({ ...ROW, contactid: OTHER_ID }));
    expect(await world.dataverse.read([contact], FIELDS)).toMatchObject([{ failure: { kind: 'retry', code: 'strayAnswer' } }]);
  });

  it('reads the columns anew when one of them is gone, and then reads without it', async () => {
    const environment: { columnsGone: string[] } = { columnsGone: [] };
    world = await startWorld((got) => {
      const missing = environment.columnsGone.find((column) => got.url.includes(column));
      return missing === undefined
        ? ok(ROW)
        : refusal(400, '0x80060888', `Could not find a property named '${missing}' on type 'Microsoft.Dynamics.CRM.contact'.`);
    }, environment);
    expect(await world.dataverse.read([contact], FIELDS)).toMatchObject([{ ok: { values: { annualincome: 12.5 } } }]);
    environment.columnsGone.push('annualincome');
    const [row] = await world.dataverse.read([contact], FIELDS);
    expect(row).toMatchObject({ ok: { id: ID } });
    expect(row && 'ok' in row && row.ok?.values).not.toHaveProperty('annualincome');
  });

  it('notices a new column a minute after its columns were read', async () => {
    const environment = { columnsGone: ['annualincome'] };
    world = await startWorld(() => ok(ROW), environment);
    await world.dataverse.read([contact], FIELDS);
    environment.columnsGone = [];
    await world.dataverse.read([contact], FIELDS);
    expect(world.asked().at(-1)?.url).not.toContain('annualincome');
    world.clock.advance(61_000);
    await world.dataverse.read([contact], FIELDS);
    expect(world.asked().at(-1)?.url).toContain('annualincome');
  });

  it('never lets anything but a GUID into a URL', async () => {
    world = await startWorld(() => ok(ROW));
    const odd: RecordRef[] = [{ entity: 'contact', id: `${ID})/x` }, { entity: 'person', id: '7' }, contact];
    expect(await world.dataverse.read(odd, FIELDS)).toMatchObject([
      { failure: { code: 'notARow' } },
      { failure: { code: 'notARow' } },
      { ok: { id: ID } },
    ]);
    expect(world.asked()).toHaveLength(1);
  });
});

describe('write', () => {
  it('sends changed columns only, bound to the version, tagged, and each with its own result', async () => {
    world = await startWorld((got) =>
      idIn(got) === OTHER_ID
        ? refusal(412, '0x80060882', "The version of the existing record doesn't match the RowVersion property provided.")
        : done,
    );
    const results = await world.dataverse.write([
      { ...contact, version: 'W/"5"', values: { lastname: 'A', annualincome: null, birthdate: '1985-05-04' } },
      { entity: 'lead', id: OTHER_ID, version: 'W/"6"', values: { lastname: 'B' } },
    ]);
    expect(results).toEqual([{ ok: contact }, { failure: expect.objectContaining({ kind: 'conflict', scope: 'record' }) }]);
    expect(world.server.requests).toHaveLength(1);
    expect(world.server.requests[0]?.headers).toMatchObject({ prefer: 'odata.continue-on-error' });
    const [first, second] = world.asked();
    expect(first).toMatchObject({ method: 'PATCH', url: `/api/data/v9.2/contacts(${ID})?tag=marketo-sync` });
    expect(first?.headers).toMatchObject({ 'if-match': 'W/"5"', 'content-type': 'application/json;type=entry' });
    expect(JSON.parse(first?.body ?? '')).toEqual({ lastname: 'A', annualincome: null, birthdate: '1985-05-04' });
    expect(second).toMatchObject({ url: `/api/data/v9.2/leads(${OTHER_ID})?tag=marketo-sync` });
  });

  it('does not write on top of an unknown version', async () => {
    world = await startWorld(() => done);
    expect(await world.dataverse.write([{ ...contact, values: { lastname: 'A' } }])).toMatchObject([
      { failure: { kind: 'conflict' } },
    ]);
    expect(world.asked()).toEqual([]);
    expect(await world.dataverse.write([{ ...contact, version: 'W/"1"', values: { lastname: 'A' } }])).toEqual([{ ok: contact }]);
    expect(world.asked()).toHaveLength(1);
  });

  it('names the secured column by the name that people see', async () => {
    const message = 'Caller user with Id 1 does not have update permissions to a Email secured field on entity Contact table.';
    world = await startWorld(() => refusal(403, '0x8004f507', message));
    await world.dataverse.schema();
    const [result] = await world.dataverse.write([
      { ...contact, version: 'W/"5"', values: { lastname: 'A', emailaddress1: 'a@b.c' } },
    ]);
    expect(result).toMatchObject({ failure: { kind: 'rejected', scope: 'record', field: 'emailaddress1' } });
  });
});

describe('create', () => {
  const item = { entity: 'contact', key: ID, values: { lastname: 'New', donotemail: true } } as const;

  it('posts under our own id, with an owner where there is one', async () => {
    world = await startWorld(() => done);
    const results = await world.dataverse.create([
      { ...item, ownerId: OTHER_ID },
      { ...item, entity: 'lead', key: OTHER_ID.toUpperCase() },
    ]);
    expect(results).toEqual([{ ok: contact }, { ok: { entity: 'lead', id: OTHER_ID } }]);
    const [first, second] = world.asked();
    expect(first).toMatchObject({ method: 'POST', url: '/api/data/v9.2/contacts?tag=marketo-sync' });
    expect(JSON.parse(first?.body ?? '')).toEqual({
      contactid: ID,
      lastname: 'New',
      donotemail: true,
      'ownerid@odata.bind': `/systemusers(${OTHER_ID})`,
    });
    expect(JSON.parse(second?.body ?? '')).toEqual({ leadid: OTHER_ID.toUpperCase(), lastname: 'New', donotemail: true });
  });

  it('is content when the row is there already, and not when something else is a duplicate', async () => {
    world = await startWorld((got) =>
      got.url.includes('contacts')
        ? refusal(412, '0x80040237', 'A record with matching key values already exists.')
        : refusal(
            412,
            '0x80040333',
            'A record was not created or updated because a duplicate of the current record already exists.',
          ),
    );
    const results = await world.dataverse.create([item, { ...item, entity: 'lead' }]);
    expect(results).toEqual([{ ok: contact }, { failure: expect.objectContaining({ kind: 'rejected', code: '0x80040333' }) }]);
  });

  it('says that the owner is the matter when the owner does not exist', async () => {
    world = await startWorld(() => refusal(404, '0x80040217', `systemuser With Id = ${OTHER_ID} Does Not Exist`));
    expect(await world.dataverse.create([{ ...item, ownerId: OTHER_ID }])).toMatchObject([
      { failure: { kind: 'rejected', field: 'ownerid' } },
    ]);
  });
});
