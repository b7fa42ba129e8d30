import { describe, expect, test } from '@jest/globals';
import { chooseTwin, emailKey } from '../../../src/core/match';
import { person } from './support';

describe('the e-mail people are matched by', () => {
  test.each([
    ['Ada@Example.COM', 'ada@example.com'],
    ['  ada@example.com ', 'ada@example.com'],
    ["o'neil+news@sub.example.co.uk", "o'neil+news@sub.example.co.uk"],
  ])('%s', (raw, key) => {
    expect(emailKey(raw)).toBe(key);
  });

  test.each([
    [null],
    [undefined],
    [''],
    ['  '],
    ['n/a'],
    ['ada@'],
    ['@example.com'],
    ['a b@example.com'],
    ['a@b@c'],
    [5],
    [true],
  ])('there is none in %p', (raw) => {
    expect(emailKey(raw)).toBeUndefined();
  });

  test('what would be read as two addresses or as a name is none', () => {
    for (const raw of ['a@x.com,b@x.com', 'a@x.com; b@x.com', 'Ada <a@x.com>']) expect(emailKey(raw)).toBeUndefined();
  });
});

describe('twins', () => {
  const one = person({});
  const other = { ...one, id: '1002' };

  test('exactly one is the twin, however often it was found', () => {
    expect(chooseTwin([one])).toEqual({ one });
    expect(chooseTwin([one, { ...one }])).toEqual({ one });
  });

  test('several are nobody to choose from', () => {
    expect(chooseTwin([one, other])).toEqual({ several: [one, other] });
  });

  test('none is none', () => {
    expect(chooseTwin([])).toEqual({ none: true });
  });
});
