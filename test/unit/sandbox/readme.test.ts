import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const README = readFileSync(join(__dirname, '../../../src/sandbox/README.md'), 'utf8');

/** The last cell of each row of the tables whose last column is called `test`: `file: title, title; file`. */
function provers(side: 'marketo' | 'dataverse'): string[] {
  const sections = README.split(/^## /m).filter((section) => section.toLowerCase().startsWith(side));
  const tables = sections.flatMap((section) => section.split('\n\n')).filter((part) => /^\|[^|]+\| test \|/.test(part));
  return tables
    .flatMap((table) => table.split('\n').slice(2))
    .flatMap((row) => (/\| ([^|]+) \|$/.exec(row)?.[1] ?? '').split('; '));
}

const filesOf = (side: string): string[] => readdirSync(join(__dirname, side)).map((file) => file.replace(/\.test\.ts$/, ''));

test.each(['marketo', 'dataverse'] as const)('each line about %s names a test file that is there', (side) => {
  const named = provers(side).map((prover) => /^`(\w+)`/.exec(prover)?.[1] ?? prover);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((file) => !filesOf(side).includes(file))).toEqual([]);
});

/** What is described, each by a call of its own or by a row of a table. */
const describes = (text: string, title: string): boolean =>
  new RegExp(`(?:(?:describe|test)\\(|^ {2}\\[)['"]${title.replaceAll('$', '\\$')}['"]`, 'm').test(text);

test.each(['marketo', 'dataverse'] as const)('each line about %s names tests that are in their files', (side) => {
  const missing = provers(side).flatMap((prover) => {
    const [, file = '', titles] = /^`(\w+)`(?:: (.+))?$/.exec(prover) ?? [];
    const text = readFileSync(join(__dirname, side, `${file}.test.ts`), 'utf8');
    return (titles?.split(', ') ?? []).filter((title) => !describes(text, title)).map((title) => `${file}: ${title}`);
  });
  expect(missing).toEqual([]);
});
