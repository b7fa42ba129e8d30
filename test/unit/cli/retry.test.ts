import { describe, expect, test } from '@jest/globals';
import { endedText, nothingText, startedText, summaryText } from '../../../src/cli/text/retry';
import { hasEnded, verdictOf } from '../../../src/cli/verdict';
import type { RecordProgress } from '../../../src/core/ports';
import { plain } from './support';

const GUID = '6c9f1d3e-0d3b-ee11-be6d-002248aa0001';
const record = (over: Partial<RecordProgress> = {}): RecordProgress => ({
  key: 'record/1042',
  marketoId: '1042',
  microsoftId: GUID,
  state: 'done',
  outcome: 'written',
  rejections: [],
  ...over,
});
const rejection = { side: 'dynamics', field: 'phone', code: '0x80040265', message: 'Not a phone number.' } as const;
const refused = record({ outcome: 'rejected', rejections: [rejection] });
const failure = { code: 'timeout', message: 'Dynamics gave no answer in time' };

describe('how a record stands', () => {
  test.each([
    [record(), true, 'through'],
    [record({ outcome: 'unchanged' }), true, 'through'],
    [refused, true, 'refused'],
    [record({ rejections: [rejection] }), true, 'refused'],
    [record({ outcome: 'rejected' }), true, 'refused'],
    [record({ outcome: 'review' }), true, 'review'],
    [record({ state: 'quarantined', failure }), true, 'failed'],
    [record({ state: 'quarantined' }), true, 'failed'],
    [record({ state: 'running', failure }), false, 'failed'],
    [record({ state: 'waiting', failure }), false, 'failed'],
    [record({ state: 'waiting' }), false, 'unfinished'],
    [record({ state: 'running' }), false, 'unfinished'],
  ] as const)('%j', (one, ended, verdict) => {
    expect(hasEnded(one)).toBe(ended);
    expect(verdictOf(one)).toBe(verdict);
  });
});

describe('what mdsync retry says', () => {
  test('of one that went through: ids of both sides, and how it ended', () => {
    expect(endedText(record(), plain)).toBe(`  person 1042 (${GUID}): written`);
  });

  test('of a refusal: record, side, field, code, the words of the side, and what to do', () => {
    expect(endedText(refused, plain)).toBe(
      [
        `  person 1042 (${GUID}): refused`,
        '    Dynamics refused phone (0x80040265): Not a phone number.',
        '    Next: mend the value, or the rule that refuses it, then: mdsync retry 1042',
      ].join('\n'),
    );
  });

  test.each([
    [record({ outcome: 'review' }), ['to be decided by a person', 'Next: mdsync review list']],
    [record({ state: 'quarantined', failure }), ['failed: Dynamics gave no answer in time (timeout)', 'then: mdsync retry 1042']],
    [record({ state: 'running', failure }), ['failed: Dynamics gave', 'it is tried again by itself', 'record/1042']],
    [record({ state: 'waiting' }), ['still waiting', 'it stays on the list']],
    [record({ state: 'running' }), ['still being worked on']],
  ] as const)('of %j', (one, texts) => {
    for (const text of texts) expect(endedText(one, plain)).toContain(text);
  });

  test.each([
    ['record/contact/6c9f', {}, 'contact 6c9f'],
    ['create/7', {}, 'creation of person 7'],
    ['create/7', { marketoId: '7' }, 'creation of person 7'],
    ['record/7', { marketoId: '7' }, 'person 7'],
  ])('a record with the key %s and the ids %j is called %s', (key, ids, name) => {
    const one: RecordProgress = { key, state: 'done', outcome: 'created', rejections: [], ...ids };
    expect(endedText(one, plain)).toBe(`  ${name}: created`);
    // And is found again by the id it has.
    expect(endedText({ ...one, outcome: 'rejected' }, plain)).toContain(`mdsync retry ${key.split('/').at(-1)}`);
  });

  test('when nothing matches', () => {
    expect(nothingText([], plain)).toContain('Nothing has failed or was refused');
    expect(nothingText(['7', '8'], plain)).toMatch(/^The sync knows nothing of the id 7, 8\.\n.*campaign/);
  });

  test('when they are back at work', () => {
    const one = { records: [record()], unknown: [], cycleTriggered: true };
    expect(startedText(one, plain)).toBe('1 record back at work; a cycle has been asked for.');
    expect(startedText({ ...one, cycleTriggered: false }, plain)).toContain('Temporal does not answer');
    expect(startedText({ ...one, unknown: ['7'] }, plain)).toMatch(
      /^The sync knows nothing of the id 7\.[^]*\n1 record back at work/,
    );
  });

  test('at the end', () => {
    const end = (records: RecordProgress[], hindrances: string[] = []): string => summaryText({ records, hindrances }, plain);
    expect(end([record()])).toBe('It went through.');
    expect(end([record(), record({ key: 'record/2' })])).toBe('All 2 records went through.');
    expect(end([record(), refused])).toBe('1 went through, 1 refused.');
    expect(end([record({ outcome: 'review' }), record({ state: 'quarantined' })])).toBe('1 to be decided by a person, 1 failed.');
  });

  test('at the end of waiting: what has not ended, and what is in the way', () => {
    const text = summaryText({ records: [record(), record({ state: 'waiting' })], hindrances: ['Marketo is shut.'] }, plain);
    expect(text.split('\n')).toEqual([
      `  person 1042 (${GUID}): still waiting`,
      expect.stringContaining('Next: nothing, it stays on the list'),
      'In the way: Marketo is shut.',
      '1 went through, 1 not through yet.',
    ]);
  });
});
