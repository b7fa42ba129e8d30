import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Dataverse, GUID, type Json } from './client';

let dataverse: Dataverse;
beforeAll(async () => {
  dataverse = await Dataverse.start();
});
afterAll(async () => dataverse.close());

const target = (values: Json, table = 'contact'): Json => ({ '@odata.type': `Microsoft.Dynamics.CRM.${table}`, ...values });
const send = (message: string, targets: readonly Json[], set = 'contacts') =>
  dataverse.call('POST', `${set}/Microsoft.Dynamics.CRM.${message}`, { Targets: targets });
const refuse = (message: string, targets: readonly Json[], set = 'contacts') =>
  dataverse.refusal('POST', `${set}/Microsoft.Dynamics.CRM.${message}`, { Targets: targets });
const namesOf = async (filter: string) =>
  (await dataverse.rows(`contacts?$select=lastname&$orderby=lastname&$filter=${filter}`)).map((row) => row['lastname']);

describe('CreateMultiple', () => {
  test('answers the ids in the order of the targets', async () => {
    const { status, json } = await send('CreateMultiple', [
      target({ lastname: 'C1', contactid: GUID }),
      target({ lastname: 'C2' }),
    ]);
    expect(status).toBe(200);
    expect(json['@odata.context']).toContain('#Microsoft.Dynamics.CRM.CreateMultipleResponse');
    const ids = json['Ids'] as string[];
    expect(ids[0]).toBe(GUID);
    expect((await dataverse.get(`contacts(${ids[1]})`))['lastname']).toBe('C2');
  });

  test('makes all or none', async () => {
    expect(await refuse('CreateMultiple', [target({ lastname: 'None' }), target({ firstname: 'x'.repeat(51) })])).toMatchObject({
      status: 400,
      code: '0x80044331',
    });
    expect(await namesOf("lastname eq 'None'")).toEqual([]);
    expect((await send('CreateMultiple', [target({ lastname: 'None' }), target({ firstname: 'x'.repeat(50) })])).status).toBe(
      200,
    );
    expect(await namesOf("lastname eq 'None'")).toEqual(['None']);
  });

  test('does not say which id was there already', async () => {
    expect(await refuse('CreateMultiple', [target({ lastname: 'N' }), target({ contactid: GUID })])).toEqual({
      status: 412,
      code: '0x80040237',
      message: 'Cannot insert duplicate key.',
    });
  });
});

describe('UpdateMultiple', () => {
  test('changes all or none', async () => {
    const ids = await Promise.all(['U1', 'U2'].map((lastname) => dataverse.create('contacts', { lastname })));
    const change = (lastname: unknown) => ids.map((contactid, i) => target({ contactid, lastname: i === 0 ? 'U9' : lastname }));
    expect(await refuse('UpdateMultiple', change(5))).toMatchObject({ status: 400, code: '0x80048d19' });
    expect(await namesOf("startswith(lastname,'U')")).toEqual(['U1', 'U2']);
    expect((await send('UpdateMultiple', change('U8'))).status).toBe(204);
    expect(await namesOf("startswith(lastname,'U')")).toEqual(['U8', 'U9']);
  });

  test('makes nothing, and needs a key', async () => {
    const id = '0a0b0c0d-1111-4222-8333-4444555500ff';
    expect(await refuse('UpdateMultiple', [target({ contactid: id, lastname: 'X' })])).toMatchObject({
      status: 404,
      code: '0x80040217',
    });
    expect(await refuse('UpdateMultiple', [target({ lastname: 'X' })])).toMatchObject({ status: 400, code: '0x80040203' });
  });
});

describe('UpsertMultiple', () => {
  test('by primary key and by relative @odata.id; the answer does not tell what was new', async () => {
    await dataverse.create('accounts', { name: 'Old', accountnumber: 'B-1' });
    const byKey = (number: string, name: string) =>
      target({ '@odata.id': `accounts(accountnumber='${number}')`, name }, 'account');
    const answer = await send(
      'UpsertMultiple',
      [byKey('B-1', 'Changed'), byKey('B-2', 'Made'), target({ accountid: GUID, name: 'Own' }, 'account')],
      'accounts',
    );
    expect([answer.status, answer.text]).toEqual([204, '']);
    const rows = await dataverse.rows('accounts?$select=name,accountnumber&$orderby=name');
    expect(rows.map((row) => [row['name'], row['accountnumber']])).toEqual([
      ['Changed', 'B-1'],
      ['Made', 'B-2'],
      ['Own', null],
    ]);
  });

  test('all or none', async () => {
    const targets = [
      target({ contactid: '0a0b0c0d-1111-4222-8333-444455550001', lastname: 'Up' }),
      target({ contactid: GUID, lastname: 5 }),
    ];
    expect(await refuse('UpsertMultiple', targets)).toMatchObject({ status: 400 });
    expect(await namesOf("lastname eq 'Up'")).toEqual([]);
  });
});

test('targets need their type, and have to be a list', async () => {
  expect(await refuse('CreateMultiple', [{ lastname: 'X' }])).toMatchObject({
    status: 400,
    code: '0x80048d19',
    message: expect.stringContaining('@odata.type'),
  });
  expect(await dataverse.refusal('POST', 'contacts/Microsoft.Dynamics.CRM.CreateMultiple', { Targets: {} })).toMatchObject({
    status: 400,
    code: '0x80048d19',
  });
});

test('whether a table has the messages can be looked up first, and it is true', async () => {
  const probe = (message: string, table: string) =>
    dataverse.rows(
      `sdkmessagefilters?$select=sdkmessagefilterid&$filter=sdkmessageid/name eq @m and primaryobjecttypecode eq @t&@m='${message}'&@t='${table}'`,
    );
  for (const message of ['CreateMultiple', 'UpdateMultiple', 'UpsertMultiple']) {
    expect(await probe(message, 'contact')).toHaveLength(1);
    expect(await probe(message, 'team')).toEqual([]);
  }
  expect(await refuse('CreateMultiple', [target({ name: 'X' }, 'team')], 'teams')).toMatchObject({ status: 404 });
  expect(await dataverse.refusal('GET', 'contacts/Microsoft.Dynamics.CRM.CreateMultiple')).toMatchObject({ status: 405 });
});
