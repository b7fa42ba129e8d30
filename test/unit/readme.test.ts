import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { settingsTable } from '../../src/config/settingsTable';
import { SCHEDULE_ID, SEARCH_ATTRIBUTES } from '../../src/temporal/names';

const root = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
const readme = read('README.md');

describe('README.md', () => {
  test('shows the settings as they are (npm run build && node scripts/readme.mjs writes them anew)', () => {
    const table = /<!-- settings -->\n([^]*)<!-- end of settings -->/.exec(readme)?.[1]?.trim();
    expect(table).toBe(settingsTable().trim());
  });

  test('names search attributes and the Schedule as Temporal knows them', () => {
    const names = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);
    const queried = [...readme.matchAll(/\| `(\w+) = "/g)].map(([, name]) => name ?? '');
    expect(queried.length).toBeGreaterThan(4);
    expect(queried.filter((name) => !names.includes(name) && name !== 'WorkflowType')).toEqual([]);
    expect(readme).toContain(`--schedule-id ${SCHEDULE_ID}`);
  });

  test('the folders of the house are there', () => {
    const house = /## The house\n\n```\nsrc\/\n([^]*?)```/.exec(readme)?.[1] ?? '';
    const inside = [...house.matchAll(/^ {2}(.*?) {2,}\S/gm)].flatMap(([, names]) => (names ?? '').trim().split(/\s+/));
    const beside = [...house.matchAll(/^(\w+)\//gm)].map(([, name]) => name ?? '');
    expect(inside.length).toBeGreaterThan(5);
    expect([...inside.map((name) => `src/${name}`), ...beside].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe.each(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docker-compose.yml', '.env.example'])('%s', (file) => {
  const text = read(file);

  test('links to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? '');
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });

  test('names source files that exist', () => {
    const files = [...text.matchAll(/`((?:src|test|scripts|deploy)\/[\w./-]+\.\w+)`/g)].map(([, path]) => path ?? '');
    expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('names commands that exist', () => {
    const runs = [...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, name]) => name ?? '');
    expect(runs.filter((name) => !(name in scripts))).toEqual([]);
    const cli = [...text.matchAll(/mdsync (\w+)(?=[ `'\n])/g)].map(([, name]) => name ?? '');
    expect(cli.filter((name) => !existsSync(join(root, 'src/cli', `${name}.ts`)))).toEqual([]);
  });
});
