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

/** `dataverse-api.md` 13: every code that a sync has to know, with the status a rule answers it with. */
const CATALOGUE: readonly (readonly [string, number])[] = [
  ['0x8005f103', 429],
  ['0x80072327', 429],
  ['0x80072322', 429],
  ['0x80072321', 429],
  ['0x80072326', 429],
  ['0x80044150', 500],
  ['0x80044151', 500],
  ['0x80044339', 500],
  ['0x8004418d', 503],
  ['0x80044171', 500],
  ['0x80044172', 500],
  ['0x80044173', 500],
  ['0x80081111', 500],
  ['0x80048543', 503],
  ['0x80048553', 503],
  ['0x80040216', 500],
  ['0x80040224', 500],
  ['0x8004a104', 403],
  ['0x80060882', 412],
  ['0x8006088d', 400],
  ['0x80060883', 400],
  ['0x80040237', 412],
  ['0x80060892', 412],
  ['0x80040333', 412],
  ['0x80040217', 404],
  ['0x80060891', 404],
  ['0x80060890', 400],
  ['0x80040265', 400],
  ['0x80044331', 400],
  ['0x8004431a', 400],
  ['0x8004432f', 400],
  ['0x80044330', 400],
  ['0x80040239', 400],
  ['0x80040278', 400],
  ['0x80040200', 400],
  ['0x80040203', 400],
  ['0x80048408', 400],
  ['0x80040233', 400],
  ['0x8004022e', 400],
  ['0x80048d19', 400],
  ['0x80060888', 400],
  ['0x8006088a', 400],
  ['0x80040220', 403],
  ['0x80048306', 403],
  ['0x80040299', 403],
  ['0x8004f507', 403],
  ['0x8004f502', 403],
  ['0x8004f504', 403],
  ['0x80072560', 403],
  ['0x80040229', 400],
  ['0x80040210', 400],
  ['0x80040231', 403],
  ['0x80040227', 405],
  ['0x80044352', 400],
  ['0x80072491', 400],
  ['0x80040519', 400],
  ['0x80081018', 400],
  ['0x8004a110', 403],
  ['0x80045301', 403],
  ['0x80045304', 400],
  ['0x80045305', 400],
];

describe('every code of the catalogue', () => {
  test.each(CATALOGUE)('%s comes with its status by rule, and by fault as it is given', async (code, status) => {
    await dataverse.control('POST', 'rules', { table: 'lead', column: 'jobtitle', pattern: '^x$', code, message: 'Said.' });
    expect(await dataverse.refusal('POST', 'leads', { jobtitle: 'x' })).toEqual({ status, code, message: 'Said.' });
    const action = { status: 418, headers: { 'Retry-After': '9' }, body: { error: { code, message: 'Faulty.' } } };
    await dataverse.control('POST', 'faults', { match: { method: 'POST', path: '/leads' }, action });
    expect(await dataverse.refusal('POST', 'leads', { jobtitle: 'x' })).toEqual({ status: 418, code, message: 'Faulty.' });
  });
});
