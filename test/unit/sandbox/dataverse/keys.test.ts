import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Dataverse } from './client';

let dataverse: Dataverse;
let id: string;
beforeAll(async () => {
  dataverse = await Dataverse.start();
  id = await dataverse.create('accounts', { name: 'Alpine', accountnumber: 'A-1' });
});
afterAll(async () => dataverse.close());

test('a row is read, changed and deleted by its alternate key, whatever its letter case', async () => {
  expect((await dataverse.get("accounts(accountnumber='a-1')"))['accountid']).toBe(id);
  expect((await dataverse.call('PATCH', "accounts(accountnumber='A-1')", { telephone1: '555' })).status).toBe(204);
  expect((await dataverse.get(`accounts(${id})`))['telephone1']).toBe('555');
  await dataverse.create('accounts', { name: 'Brief', accountnumber: 'A-2' });
  expect((await dataverse.call('DELETE', "accounts(accountnumber='A-2')")).status).toBe(204);
});

test('an upsert by key makes a row that has it', async () => {
  const answer = await dataverse.call(
    'PATCH',
    "accounts(accountnumber='A-3')",
    { name: 'New' },
    { prefer: 'return=representation' },
  );
  expect(answer.status).toBe(201);
  expect(answer.json).toMatchObject({ name: 'New', accountnumber: 'A-3' });
});

test('no row has the key', async () => {
  const message = 'A record with the specified key values does not exist in account entity';
  const missing = { status: 404, code: '0x80060891', message };
  expect(await dataverse.refusal('GET', "accounts(accountnumber='none')")).toEqual(missing);
  expect(await dataverse.refusal('PATCH', "accounts(accountnumber='none')", { name: 'X' }, { 'if-match': '*' })).toEqual(missing);
});

test.each(["contacts(emailaddress1='a')", "accounts(name='Alpine')", "accounts(nothing='A')"])(
  '%s is no key of the table',
  async (path) => {
    expect(await dataverse.refusal('GET', path)).toEqual({
      status: 400,
      code: '0x80060888',
      message: expect.stringMatching(
        /^The key in the request URI is not valid for resource 'Microsoft\.Dynamics\.CRM\.(contact|account)'\./,
      ),
    });
  },
);

test('what is neither a GUID nor a key is a syntax error', async () => {
  expect(await dataverse.refusal('GET', 'accounts(5)')).toMatchObject({ status: 400 });
  expect(await dataverse.refusal('GET', 'accounts()')).toMatchObject({ status: 400 });
});

test.each(['/', '<', '>', '*', '%', '&', ':', '\\', '?', '+'])(
  'a value with %s does not work as a key, although the row can have it',
  async (character) => {
    const value = `A${character}9`;
    const made = await dataverse.create('accounts', { name: 'Odd', accountnumber: value });
    const path = `accounts(accountnumber='${encodeURIComponent(value)}')`;
    expect(await dataverse.refusal('GET', path)).toMatchObject({ status: 400 });
    expect(await dataverse.refusal('PATCH', path, { name: 'X' })).toMatchObject({ status: 400 });
    const filter = encodeURIComponent(`accountnumber eq '${value}'`);
    expect(await dataverse.rows(`accounts?$filter=${filter}`)).toMatchObject([{ accountid: made }]);
  },
);

test('two rows cannot have one key, by creating or by changing', async () => {
  const refusal = {
    status: 412,
    code: '0x80060892',
    message:
      'Entity Key Account Number violated. A record with the same value for Account Number already exists. A duplicate record cannot be created. Select one or more unique values and try again.',
  };
  expect(await dataverse.refusal('POST', 'accounts', { name: 'Twin', accountnumber: 'a-1' })).toEqual(refusal);
  const other = await dataverse.create('accounts', { name: 'Other' });
  expect(await dataverse.refusal('PATCH', `accounts(${other})`, { accountnumber: 'A-1' })).toEqual(refusal);
  expect(await dataverse.refusal('PATCH', `accounts(${id})`, { accountnumber: 'A-1' })).toMatchObject({ status: 204 });
  expect(await dataverse.refusal('POST', 'accounts', { name: 'Without' })).toMatchObject({ status: 204 });
});
