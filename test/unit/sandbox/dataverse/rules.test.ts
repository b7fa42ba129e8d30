import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Dataverse } from './client';

let dataverse: Dataverse;
beforeAll(async () => {
  dataverse = await Dataverse.start();
});
afterAll(async () => dataverse.close());

describe('rules of the customer', () => {
  const rule = { table: 'contact', column: 'lastname', pattern: 'REJECT', code: '0x80040265', message: 'Our plug-in says no.' };

  test('refuse what matches, in their own words, and nothing else; until they are taken away', async () => {
    await dataverse.control('POST', 'rules', rule);
    expect((await dataverse.control('GET', 'rules'))['rules']).toEqual([rule]);
    const refusal = { status: 400, code: '0x80040265', message: 'Our plug-in says no.' };
    expect(await dataverse.refusal('POST', 'contacts', { lastname: 'please REJECT this' })).toEqual(refusal);
    expect(await dataverse.refusal('POST', 'leads', { lastname: 'please REJECT this' })).toMatchObject({ status: 204 });
    const id = await dataverse.create('contacts', { lastname: 'Fine' });
    expect(await dataverse.refusal('PATCH', `contacts(${id})`, { lastname: 'REJECT' })).toEqual(refusal);
    expect(await dataverse.refusal('PATCH', `contacts(${id})`, { firstname: 'REJECT' })).toMatchObject({ status: 204 });
    await dataverse.control('DELETE', 'rules');
    expect(await dataverse.refusal('PATCH', `contacts(${id})`, { lastname: 'REJECT' })).toMatchObject({ status: 204 });
  });

  test.each([
    ['an unknown column', { ...rule, column: 'nothing' }, 'no column nothing'],
    ['an unknown table', { ...rule, table: 'nothing' }, 'table'],
    ['a pattern that is none', { ...rule, pattern: '(' }, 'not a regular expression'],
    ['a code that is none', { ...rule, code: 'no' }, 'code'],
  ])('are refused themselves for %s', async (_what, body, message) => {
    await expect(dataverse.control('POST', 'rules', body)).rejects.toThrow(message);
  });
});
