/** The list of what nobody could verify names tests: they have to exist, and none of the tests that ask may be missing from it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const list = read('docs/unverified.md');

/** The names of a file's tests. */
function testsOf(side: string, file: string): readonly string[] {
  const text = read(`test/contract/${side}/${file}.test.ts`);
  const names = text.matchAll(/\btest(?:\.each\([\s\S]*?\))?\(\s*(['"])(.*?)\1,/g);
  return [...names].map(([, , name = '']) => name.replaceAll("\\'", "'"));
}

/** The last column of the rows of one chapter. */
function settledBy(chapter: string): readonly string[] {
  const section = list.slice(list.indexOf(`\n## ${chapter}\n`)).split('\n## ')[1] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').at(-2)?.trim() ?? '')
    .slice(2);
}

describe.each([
  ['marketo', 'Marketo'],
  ['dataverse', 'Dataverse'],
])('docs/unverified.md on %s', (side, chapter) => {
  const rows = settledBy(chapter);

  test('says for every question what settles it, or why nothing does', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((row) => !/^`|^no test|^-$/.test(row))).toEqual([]);
  });

  test('names tests that exist', () => {
    const named = rows.flatMap((row) => [...row.matchAll(/`(client|questions|sandboxScenes)`: ([^`|(]+)/g)]);
    const missing = named.filter(
      ([, file = '', words = '']) => !testsOf(side, file).some((name) => words.includes(name.replace(/ \(.*/, ''))),
    );
    expect([named.length > 20, missing.map(([whole]) => whole)]).toEqual([true, []]);
  });

  test('names every test that asks', () => {
    const all = rows.join('\n');
    const asked = testsOf(side, 'questions');
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !all.includes(name.replace(/ \(.*/, '')))).toEqual([]);
  });
});
