import { describe, expect, test } from '@jest/globals';
import { DESCRIBED, problemsOf } from './description';

const LIST = { id: 1, name: 'L', createdAt: 'x', updatedAt: 'x' };
const list = (item: object, envelope: object = {}): string | undefined =>
  problemsOf('GET', '/rest/v1/lists/7.json', { requestId: '1#2', success: true, result: [item], ...envelope })?.join('; ');

// Every answer in the other tests of this sandbox goes through this check: here it is shown that it can fail.
describe("Adobe's description of the API", () => {
  test('lets a good answer through', () => {
    expect(list(LIST)).toBe('');
  });

  test.each([
    ['a missing member', { ...LIST, name: undefined }, /required property 'name'/],
    ['a number as text', { ...LIST, id: '1' }, /\/result\/0\/id must be integer/],
    ['a member that is not described', { ...LIST, colour: 'red' }, /"colour"/],
    ['null for a text', { ...LIST, name: null }, /\/result\/0\/name must be string/],
  ])('finds %s', (_what, item, problem) => {
    expect(list(JSON.parse(JSON.stringify(item)) as object)).toMatch(problem);
  });

  test.each([
    ['no request id', { requestId: undefined }, /requestId/],
    ['a code that is a number', { success: false, errors: [{ code: 606, message: 'x' }] }, /\/errors\/0\/code must be string/],
    ['a member of the envelope that is not described', { total: 7 }, /"total"/],
  ])('finds %s', (_what, envelope, problem) => {
    expect(list(LIST, envelope)).toMatch(problem);
  });

  test('asks nothing of a skipped record but its reasons', () => {
    const answer = (item: object) =>
      problemsOf('POST', '/rest/v1/companies.json', { requestId: '1#2', success: true, result: [item] });
    expect(answer({ seq: 0, status: 'skipped', reasons: [{ code: '1018', message: 'CRM Enabled' }] })).toEqual([]);
    expect(answer({ seq: 0, status: 'updated' })?.join()).toMatch(/'id'/);
  });

  test('knows fixed paths from variable ones, and what is not in it', () => {
    expect(problemsOf('GET', '/rest/v1/leads/describe.json', { requestId: '1#2', success: true, result: [{}] })?.join()).toMatch(
      /dataType/,
    );
    expect(problemsOf('GET', '/rest/v1/made-up.json', {})).toBeUndefined();
    expect(DESCRIBED.size).toBeGreaterThan(50);
  });
});
