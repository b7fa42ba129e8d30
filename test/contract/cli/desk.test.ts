/** What operators look into and decide with `mdsync`, each command as a process of its own against a gateway over HTTP. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportRow } from '../../../src/core/imports';
import type { PlanSummary } from '../../../src/core/plan';
import type { Decide } from '../../../src/core/reviews';
import { playedDesk, type PlayedDesk } from '../../unit/gateway/desk';
import { startTestGateway, type TestGateway } from '../../unit/gateway/support';
import { type Ended, mdsync } from './support';

let desk: PlayedDesk;
let gateway: TestGateway;
let dir: string;
beforeEach(async () => {
  desk = playedDesk();
  gateway = await startTestGateway({ desk });
  dir = mkdtempSync(join(tmpdir(), 'mdsync-desk-'));
});
afterEach(async () => {
  await gateway.close();
  rmSync(dir, { recursive: true, force: true });
});

const run = (...args: readonly string[]): Promise<Ended> => mdsync(args, { url: gateway.url });
const none = { created: 0, updated: 0, fields: 0 };
const quiet: PlanSummary = {
  madeAt: '2026-03-01T12:00:00.000Z',
  found: 0,
  outcomes: {},
  failed: 0,
  writes: { marketo: none, dynamics: none },
};
const GUID = '6c9f1d3e-0d3b-ee11-be6d-002248aa000';

describe('mdsync plan', () => {
  test.each([
    ['something would change', 2, { ...quiet, writes: { marketo: { ...none, updated: 1, fields: 1 }, dynamics: none } }],
    ['nothing would change', 0, quiet],
    ['a record could not be decided', 1, { ...quiet, failed: 1 }],
    ['a side did not answer', 1, { ...quiet, stopped: ['Marketo does not answer'] }],
  ])('ends, when %s, with exit code %d', async (_when, code, summary) => {
    desk.plans.page = async () => ({ summary, lines: [] });
    desk.looks.plan = async () => summary;
    expect(await run('plan')).toMatchObject({ code });
  });

  test('reads the pages of a long one to the last', async () => {
    const whole = await desk.plans.page(0, 1);
    const pages = [0, 7, 9];
    const asked: number[] = [];
    desk.plans.page = async (after) => {
      asked.push(after);
      const next = pages[pages.indexOf(after) + 1];
      return whole && { summary: whole.summary, lines: whole.lines, ...(next === undefined ? {} : { next }) };
    };
    const { out } = await run('plan', '--json');
    expect((JSON.parse(out) as { lines: unknown[] }).lines).toHaveLength(3);
    expect(asked).toEqual(pages);
  });
});

describe('mdsync doctor', () => {
  test('ends with exit code 1 when something must be mended, and with 0 when nothing must', async () => {
    expect(await run('doctor')).toMatchObject({ code: 1, out: expect.stringContaining('Make it.') });
    desk.looks.doctor = async () => ({ checks: [] });
    const { out } = await run('doctor', '--json');
    // Without the sides there is still the gateway's own part, and the played schedule is there.
    expect((JSON.parse(out) as { healthy: boolean }).healthy).toBe(true);
    expect(await run('doctor')).toMatchObject({ code: 0 });
  });
});

describe('mdsync explain', () => {
  test('tells the story in sentences, and as JSON with the facts', async () => {
    const told = await run('explain', '1042');
    expect(told).toMatchObject({ code: 0, err: '' });
    expect(told.out).toContain('Dynamics wins');
    const { events } = JSON.parse((await run('explain', '1042', '--json')).out) as { events: Record<string, unknown>[] };
    expect(events[0]).toMatchObject({ rule: 'collision:dynamics', marketo: 'CIO', sentences: expect.any(Array) });
  });

  test('of an unknown id says so: exit code 2', async () => {
    desk.empty = true;
    expect(await run('explain', '7')).toMatchObject({ code: 2, err: expect.stringContaining('Nothing is known of 7') });
  });
});

describe('mdsync review', () => {
  test('list names the command of each choice; resolve sends the choice', async () => {
    expect((await run('review', 'list')).out).toContain('mdsync review resolve 7 link <id>');
    const decided: Decide[] = [];
    desk.reviews.resolve = async (decide) => {
      decided.push(decide);
      return { closed: [decide.number], queued: ['record/1042'] };
    };
    expect(await run('review', 'resolve', '7', 'link', '1042')).toMatchObject({ code: 0 });
    expect(await run('review', 'resolve', '8', 'approve')).toMatchObject({ code: 0 });
    expect(decided).toEqual([
      { number: 7, choice: 'link', id: '1042' },
      { number: 8, choice: 'approve' },
    ]);
  });

  test.each([
    [['7', 'link'], 'link takes the id'],
    [['7', 'create', '1042'], 'the other choices take none'],
    [['seven', 'close'], 'not the number of a review'],
    [['7', 'guess'], 'Allowed choices are'],
  ])('resolve %j is wrong usage: exit code 2', async (args, message) => {
    expect(await run('review', 'resolve', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});

describe('mdsync import', () => {
  /** What reached the gateway, and how. */
  let sent: { readonly rows: readonly ImportRow[]; readonly check: boolean }[];
  beforeEach(() => {
    sent = [];
    desk.imports.importPairs = async (rows, options) => {
      sent.push({ rows, check: options?.check === true });
      return { imported: rows.length, known: 0, problems: [] };
    };
  });
  const file = (text: string): string => {
    const path = join(dir, 'pairs.csv');
    writeFileSync(path, text);
    return path;
  };

  test('sends a large file in parts and adds up what became of them', async () => {
    const lines = Array.from(
      { length: 5_001 },
      (_one, index) => `${index + 1},contact,6c9f1d3e-0d3b-ee11-be6d-${String(index).padStart(12, '0')}`,
    );
    const { code, out } = await run('import', file(lines.join('\n')));
    expect([code, out]).toEqual([0, expect.stringContaining('5,001 pairs imported')]);
    expect(sent.map(({ rows }) => rows.length)).toEqual([5_000, 1]);
  });

  test('with mistakes tells each by line, and nothing is sent', async () => {
    const path = file(`personId,table,microsoftId\n1042,contact,${GUID}1\nx,contact,${GUID}2\n1043,account,${GUID}3`);
    const { code, err } = await run('import', path);
    expect(code).toBe(2);
    expect(err).toContain('Nothing was imported');
    expect(err).toContain(`${path}:3 has no person id`);
    expect(err).toContain(`${path}:4 has no table`);
    expect(sent).toEqual([]);
  });

  test.each([
    ['is empty', 'personId,table,microsoftId\n', 'no line with a pair'],
    ['is something else', '\u0000\u0001PK', 'has 1 columns'],
  ])('of a file that %s says so: exit code 2', async (_what, text, message) => {
    expect(await run('import', file(text))).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });

  test('of a file that is not there says so', async () => {
    expect(await run('import', join(dir, 'nowhere.csv'))).toMatchObject({ code: 2, err: expect.stringContaining('ENOENT') });
  });

  test('--check asks, and imports nothing', async () => {
    const { code, out } = await run('import', file(`1042,contact,${GUID}1`), '--check');
    expect([code, out]).toEqual([0, expect.stringContaining('1 pair would be imported')]);
    expect(sent).toMatchObject([{ check: true }]);
  });

  test('of pairs that contradict what is there ends with exit code 1, the lines named', async () => {
    desk.imports.importPairs = async () => ({ imported: 0, known: 0, problems: [{ line: 1, message: 'is paired already' }] });
    const path = file(`1042,contact,${GUID}1`);
    expect(await run('import', path)).toMatchObject({ code: 1, out: expect.stringContaining(`${path}:1 is paired already`) });
  });
});

describe('mdsync erase', () => {
  test('asks for a confirmation, and then erases', async () => {
    const asked: string[] = [];
    desk.erasures.erase = async (id) => {
      asked.push(id);
      return { erased: true };
    };
    const unsure = await run('erase', '1042');
    expect(unsure).toMatchObject({ code: 2, out: '', err: expect.stringContaining('mdsync erase 1042 --yes') });
    expect(asked).toEqual([]);
    expect(await run('erase', '1042', '--yes')).toMatchObject({ code: 0, out: expect.stringContaining('nothing is kept') });
    expect(asked).toEqual(['1042']);
  });

  test.each([
    [{ erased: false }, 'nothing to erase'],
    [{ busyForMs: 1_500 }, 'Ask again in 2 s'],
  ])('answered %j says so: exit code 2', async (erasure, message) => {
    desk.erasure = erasure;
    expect(await run('erase', '7', '--yes')).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});
