/**
 * Runs that an earlier version of the program began must go on under today's: every saved history is replayed by today's workflow code.
 * A failure means that the order of a workflow's commands has changed: keep the old order for old runs with `patched()`, or, when no
 * deployment can have such runs, save the histories anew (`npm run record-histories`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { withPayloads } from '../support/histories';

interface Saved {
  readonly workflowId: string;
  readonly history: { readonly events: readonly Record<string, unknown>[] };
}

const DIR = join(__dirname, 'histories');
const files = readdirSync(DIR);
const read = (file: string): Saved => JSON.parse(readFileSync(join(DIR, file), 'utf8')) as Saved;
const workflowBundle = { codePath: resolve(__dirname, '../../dist/workflowBundle.js') };

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  // The run that is refused below is refused loudly.
  telemetryOptions: { logging: { filter: 'OFF' } },
});

const replay = ({ history, workflowId }: Saved): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle }, historyFromJSON(history), workflowId);

test('every type of workflow has a saved run', () => {
  const exported = readFileSync(resolve(__dirname, '../../src/workflows/index.ts'), 'utf8').matchAll(/export \{ (\w+) \}/g);
  const saved = new Set(files.map((file) => file.split('.')[0]));
  expect(saved).toEqual(new Set(Array.from(exported, ([, name]) => name)));
});

describe('today’s workflow code goes on with', () => {
  test.each(files)('%s', async (file) => {
    await expect(replay(read(file))).resolves.toBeUndefined();
  });

  test('but not with a run whose commands are others', async () => {
    const saved = read('syncCycle.changes.json');
    const text = JSON.stringify(saved.history).replaceAll('"name":"collect"', '"name":"collectOtherwise"');
    expect(text).toContain('collectOtherwise');
    await expect(replay({ ...saved, history: JSON.parse(text) as Saved['history'] })).rejects.toThrow(
      /nondeterminism|determinism/i,
    );
  });
});

/** A saved run with its payloads as text. */
const decoded = (file: string): string => withPayloads(JSON.stringify(read(file)));

test('no saved run holds anything of a person', () => {
  expect(decoded('syncCycle.changes.json')).toContain('"bulkLimit":');
  for (const file of files) expect(decoded(file)).not.toMatch(/example\.com|Replay|\+1 555/);
});
