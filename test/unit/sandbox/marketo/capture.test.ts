/** How web sites bring people in: Push Lead, Submit Form, Associate Lead. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, type Item, Marketo, skipCode } from './client';

let marketo: Marketo;
beforeEach(async () => {
  marketo = await Marketo.start();
});
afterEach(() => marketo.close());

const PUSH = '/rest/v1/leads/push.json';
const SUBMIT = '/rest/v1/leads/submitForm.json';
const COOKIE = 'id:287-GTJ-838&token:_mch-marketo.com-1396310362214-46169';

const activities = async (nextPageToken: string, type: number): Promise<readonly Item[] | undefined> =>
  (await marketo.get('/rest/v1/activities.json', { nextPageToken, activityTypeIds: type })).result;

describe('Push Lead to Marketo', () => {
  test('creates who is new and updates who is known, in the order of the input', async () => {
    const [known = 0] = await marketo.create({ email: 'a@example.com' });
    const input = [
      { email: 'n@example.com' },
      { email: 'a@example.com', firstName: 'Ann' },
      { email: 'b@example.com', noField: 1 },
    ];
    const { result = [] } = await marketo.post(PUSH, { programName: 'Launch', input });
    expect(result.slice(0, 2)).toEqual([
      { id: known + 1, status: 'created' },
      { id: known, status: 'updated' },
    ]);
    expect(skipCode(result[2])).toBe('1006');
    expect((await marketo.lead(known, 'firstName'))?.['firstName']).toBe('Ann');
  });

  test('leaves one activity per person with program, source and reason, and none for a skipped one', async () => {
    const token = await marketo.tokenNow();
    const input = [{ email: 'a@example.com' }, { email: 'b@example.com', noField: 1 }];
    const { result } = await marketo.post(PUSH, { programName: 'Launch', source: 'Site', reason: 'Price list', input });
    expect(await activities(token, 145)).toMatchObject([
      {
        leadId: result?.[0]?.['id'],
        primaryAttributeValue: 'Launch',
        attributes: [
          { name: 'Source', value: 'Site' },
          { name: 'Reason', value: 'Price list' },
        ],
      },
    ]);
    expect(await activities(token, 12)).toHaveLength(1);
  });

  test('finds people by another field, and refuses one that is none (1006) or cannot be looked up by (1011)', async () => {
    const [id] = await marketo.create({ email: 'a@example.com' });
    const push = (lookupField: string, record: object) =>
      marketo.post(PUSH, { programName: 'Launch', lookupField, input: [record] });
    expect((await push('id', { id, firstName: 'Ann' })).result).toEqual([{ id, status: 'updated' }]);
    expect(codeOf(await push('noField', { email: 'a@example.com' }))).toBe('1006');
    expect(codeOf(await push('firstName', { firstName: 'Ann' }))).toBe('1011');
  });

  test('needs the name of a program and input (1002), and knows partitions (1008)', async () => {
    const input = [{ email: 'a@example.com' }];
    expect(codeOf(await marketo.post(PUSH, { input }))).toBe('1002');
    expect(codeOf(await marketo.post(PUSH, { programName: 'Launch' }))).toBe('1002');
    expect(codeOf(await marketo.post(PUSH, { programName: 'Launch', partitionName: 'Nowhere', input }))).toBe('1008');
    expect((await marketo.post(PUSH, { programName: 'Launch', partitionName: 'Default', input })).success).toBe(true);
  });
});

describe('Submit Form', () => {
  const form = (over: object = {}) => ({ leadFormFields: { email: 'a@example.com', firstName: 'Ann' }, ...over });

  test('upserts by e-mail and leaves a Fill Out Form activity with what is known of the visit', async () => {
    const token = await marketo.tokenNow();
    const visitorData = { pageURL: 'https://example.com/form', queryString: 'a=b', leadClientIpAddress: '192.0.2.5' };
    const { result } = await marketo.post(SUBMIT, { formId: 1029, input: [form({ visitorData, cookie: COOKIE })] });
    expect(result).toEqual([{ id: 1, status: 'created' }]);
    const again = await marketo.post(SUBMIT, { formId: 1029, input: [form({ leadFormFields: { email: 'A@example.com' } })] });
    expect(again.result).toEqual([{ id: 1, status: 'updated' }]);
    expect((await marketo.lead(1, 'firstName'))?.['firstName']).toBe('Ann');
    const [first, second] = (await activities(token, 2)) ?? [];
    expect(first).toMatchObject({
      leadId: 1,
      primaryAttributeValueId: 1029,
      attributes: [
        { name: 'Form Fields', value: '{"email":"a@example.com","firstName":"Ann"}' },
        { name: 'Client IP Address', value: '192.0.2.5' },
        { name: 'Query Parameters', value: 'a=b' },
        { name: 'Referrer URL', value: 'https://example.com/form' },
      ],
    });
    expect(second).toMatchObject({ leadId: 1, attributes: [{ name: 'Form Fields', value: '{"email":"A@example.com"}' }] });
  });

  test('takes one record, with an e-mail, for a form that is named', async () => {
    expect(codeOf(await marketo.post(SUBMIT, { input: [form()] }))).toBe('1002');
    expect(codeOf(await marketo.post(SUBMIT, { formId: 'contact', input: [form()] }))).toBe('1001');
    expect(codeOf(await marketo.post(SUBMIT, { formId: 1029, input: [form(), form()] }))).toBe('1003');
    for (const broken of [{}, form({ leadFormFields: { firstName: 'Ann' } })])
      expect(codeOf(await marketo.post(SUBMIT, { formId: 1029, input: [broken] }))).toBe('1002');
  });

  test('skips a record with a cookie that is none (1012) or a field that is none (1006), and changes nobody', async () => {
    const token = await marketo.tokenNow();
    const leadFormFields = { email: 'a@example.com', noField: 1 };
    for (const [record, code] of [[form({ cookie: 'chocolate' }), '1012'] as const, [form({ leadFormFields }), '1006'] as const])
      expect(skipCode((await marketo.post(SUBMIT, { formId: 1029, input: [record] })).result?.[0])).toBe(code);
    expect(await activities(token, 2)).toEqual([]);
    expect(await marketo.lead(1)).toBeUndefined();
  });
});

describe('Associate Lead', () => {
  const associate = (id: number, cookie: string) =>
    marketo.post(`/rest/v1/leads/${id}/associate.json?cookie=${encodeURIComponent(cookie)}`);

  test('takes the cookie of somebody known, and answers without a result', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com' });
    const answer = await associate(id, COOKIE);
    expect(answer.success).toBe(true);
    expect(answer).not.toHaveProperty('result');
  });

  test('refuses somebody unknown (1004), no cookie (1002), and what is none (1012)', async () => {
    const [id = 0] = await marketo.create({ email: 'a@example.com' });
    expect(codeOf(await associate(id + 1, COOKIE))).toBe('1004');
    expect(codeOf(await associate(id, ''))).toBe('1002');
    expect(codeOf(await associate(id, 'chocolate'))).toBe('1012');
  });
});
