/** docs/semantics.md promises: each of its cases names the test that shows it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(__dirname, '../..');
const text = readFileSync(join(root, 'docs/semantics.md'), 'utf8');

interface Case {
  readonly number: number;
  readonly file: string;
  readonly name: string;
}

const cases = [...text.matchAll(/^\| (\d+) \|.*\| `([\w/]+)` (.+) \|$/gm)].map(
  ([, number, file = '', name = '']): Case => ({ number: Number(number), file, name }),
);

/** Whether the file has a test of just that name. */
function hasTest({ file, name }: Pick<Case, 'file' | 'name'>): boolean {
  const path = join(root, 'test', `${file}.test.ts`);
  if (!existsSync(path)) return false;
  const source = readFileSync(path, 'utf8');
  return ["'", '`', '"'].some((quote) => source.includes(`${quote}${name}${quote},`));
}

describe('docs/semantics.md', () => {
  test('numbers its cases without a gap', () => {
    expect(cases.length).toBeGreaterThan(40);
    expect(cases.map(({ number }) => number)).toEqual(cases.map((_one, index) => index + 1));
    expect(text.match(/^\| \d+ \|/gm)).toHaveLength(cases.length);
  });

  test('names for each case a test that exists', () => {
    expect(cases.filter((one) => !hasTest(one))).toEqual([]);
  });

  test('a test that is renamed would be noticed', () => {
    expect(hasTest({ file: 'e2e/cases', name: 'the survivor takes' })).toBe(false);
    expect(hasTest({ file: 'e2e/nowhere', name: 'gives its person to the contact, and authority flips to Dynamics' })).toBe(
      false,
    );
  });
});
