/** The documents say what the program says, and their tests are there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ERROR_CODES, OPERATIONS } from '../../../../src/core/flowStep';
import { WEBHOOK_PATH, webhookBody } from '../../../../src/gateway/schemas';
import { BASE } from './support';

const root = join(__dirname, '../../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The rows of the table between two comments, without its head. */
function table(text: string, name: string): string[][] {
  const [, inside = ''] = new RegExp(`<!-- ${name} -->\\n([^]*)<!-- end of ${name} -->`).exec(text) ?? [];
  const rows = inside.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

describe('docs/sync-person-to-microsoft.md', () => {
  const guide = read('docs/sync-person-to-microsoft.md');

  test('lists every operation as the program knows it', () => {
    expect(table(guide, 'operations')).toEqual(
      Object.entries(OPERATIONS).map(([name, { success, meaning, next }]) => [
        `\`${name}\``,
        success ? 'yes' : 'no',
        meaning,
        next,
      ]),
    );
  });

  test('lists every error code', () => {
    expect(table(guide, 'error codes')).toEqual(Object.entries(ERROR_CODES).map(([name, meaning]) => [`\`${name}\``, meaning]));
  });

  test('lists the members of the webhook as the gateway reads them', () => {
    expect(table(guide, 'webhook members')).toEqual(
      Object.entries(webhookBody.shape).map(([name, schema]) => [
        `\`${name}\``,
        name === 'leadId' ? 'yes' : '',
        z.globalRegistry.get(schema)?.description,
      ]),
    );
  });

  test('gives the address of the document and of the webhook', () => {
    expect(guide).toContain(`https://<gateway>${WEBHOOK_PATH}`);
    expect(guide).toContain(`https://<gateway>${BASE}/openapi.json`);
  });
});

describe('docs/flow-step.md', () => {
  const contract = read('docs/flow-step.md');
  const folders: Readonly<Record<string, string>> = {
    document: 'test/unit/gateway/flowSteps',
    submit: 'test/unit/gateway/flowSteps',
    waking: 'test/unit/gateway/flowSteps',
    questions: 'test/unit/gateway/flowSteps',
    answer: 'test/unit/activities/flowStep',
    store: 'test/contract/flowStep',
    callBack: 'test/contract/flowStep',
    workflow: 'test/contract/flowStep',
    'gateway/program': 'test/contract',
    'e2e/flowStep': 'test',
    'e2e/flowStepKills': 'test',
    'e2e/creation': 'test',
    'e2e/cases': 'test',
    'core/flowStep': 'test/unit',
    'sandbox/flowSteps': 'test/unit',
  };
  const rows = table(contract, 'contract').filter(([first]) => !first?.startsWith('**'));

  test('has a test for every line of the contract', () => {
    expect(rows.length).toBeGreaterThan(40);
    for (const row of rows) expect([row[0], row[2]]).toEqual([row[0], expect.stringMatching(/^`[\w/]+`: .+/)]);
  });

  test.each(rows.map(([line = '', , reference = '']) => [line, reference]))('%s: the test is there', (_line, reference) => {
    const [, file = '', title = ''] = /^`([\w/]+)`: (.+)$/.exec(reference) ?? [];
    const path = `${folders[file] ?? 'nowhere'}/${file}.test.ts`;
    expect([path, read(path).includes(title)]).toEqual([path, true]);
  });
});

test.each(['docs/flow-step.md', 'docs/sync-person-to-microsoft.md'])('%s links to files that exist', (path) => {
  const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => join('docs', link ?? ''));
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
});
