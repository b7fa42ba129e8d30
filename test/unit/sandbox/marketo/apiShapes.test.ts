import { describe, expect, test } from '@jest/globals';
import { shapeProblems } from './apiShapes';

const answer = (change: object): object => ({ id: 1, name: 'L', createdAt: 'x', updatedAt: 'x', ...change });
const problems = (item: object): readonly string[] =>
  shapeProblems('GET', '/rest/v1/lists/7.json', { requestId: '1#2', success: true, result: [item] });

// Every answer of the other tests goes through this check: here it is shown that it can fail.
describe('the check of answers against the description of the API', () => {
  test('lets a good answer through', () => {
    expect(problems(answer({}))).toEqual([]);
  });

  test.each([
    ['a missing member', { name: undefined }, /name is missing/],
    ['a number as text', { id: '1' }, /id is not of type integer/],
  ])('finds %s', (_what, change, problem) => {
    const { name, ...rest } = answer(change) as { name?: string };
    expect(problems(name === undefined ? rest : { name, ...rest }).join()).toMatch(problem);
  });

  test('knows fixed paths from variable ones', () => {
    expect(shapeProblems('GET', '/rest/v1/leads/describe.json', { success: true })).toContain('.result is missing');
    expect(shapeProblems('GET', '/rest/v1/made-up.json', {})).toEqual([]);
  });
});
