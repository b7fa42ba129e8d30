/** What operators read of the answers of explain, review, plan, doctor and import. */
import { describe, expect, test } from '@jest/globals';
import { doctorText } from '../../../src/cli/text/doctor';
import { explainText } from '../../../src/cli/text/explain';
import { importText } from '../../../src/cli/text/import';
import { planText } from '../../../src/cli/text/plan';
import { resolvedText, reviewsText } from '../../../src/cli/text/review';
import type { PlanLine, PlanSummary } from '../../../src/core/plan';
import { changesNothing } from '../../../src/core/plan';
import { type OpenReview, REVIEW_KINDS } from '../../../src/core/reviews';
import { plain } from './support';

const ROW = '6c9f1d3e-0d3b-ee11-be6d-002248aa0001';

describe('explain', () => {
  const work = [
    { key: 'record/1', state: 'closed', attempts: 0, outcome: 'written', endedAt: '2026-03-01T12:00:00.000Z' },
  ] as const;

  test('tells what the record is, then what happened', () => {
    const text = explainText(
      {
        pair: {
          state: 'live',
          table: 'contact',
          ids: [
            { side: 'marketo', entity: 'person', id: '1', current: true },
            { side: 'dynamics', entity: 'lead', id: ROW, current: false },
          ],
          filteredOut: true,
          agreedFields: 3,
          since: '2026-03-01T12:00:00.000Z',
        },
        work,
        events: [
          { kind: 'review', at: '2026-03-01T12:00:00.000Z', number: 7, review: 'collision', sentences: ['First.', 'Second.'] },
        ],
      },
      plain,
    );
    expect(text.split('\n')).toEqual([
      'State     in sync; but the Dynamics record is marked not to be synced, so no change travels',
      '          person 1',
      `          lead ${ROW} (former)`,
      'Work      record/1: changes were written, 2026-03-01 12:00:00',
      '',
      '2026-03-01 12:00:00  First.',
      '                     Second.',
    ]);
  });

  test('says so when nothing was decided yet, and why a record failed', () => {
    const failure = { code: '606', message: 'Too many calls' };
    const text = explainText({ work: [{ key: 'create/1', state: 'quarantined', attempts: 8, failure }], events: [] }, plain);
    expect(text).toContain('failed 8 times and waits for "mdsync retry"; last failure 606: Too many calls');
    expect(text).toContain('Nothing has happened to it yet.');
  });
});

describe('reviews', () => {
  const review = (kind: OpenReview['kind'], over: Partial<OpenReview> = {}): OpenReview => ({
    number: 7,
    kind,
    openedAt: '2026-03-01T12:00:00.000Z',
    meaning: REVIEW_KINDS[kind].meaning,
    choices: [{ choice: 'link', effect: 'links it' }],
    candidates: [],
    fields: [],
    detail: {},
    ...over,
  });

  test('tell who, what it means, and the command for each choice', () => {
    const text = reviewsText(
      [review('ambiguousMatch', { table: 'contact', microsoftId: ROW, candidates: [{ id: '1', entity: 'person' }] })],
      plain,
    );
    expect(text).toContain(`contact ${ROW}`);
    expect(text).toContain(REVIEW_KINDS.ambiguousMatch.meaning);
    expect(text).toContain('candidate: person 1');
    expect(text).toContain('mdsync review resolve 7 link <id>   links it');
  });

  test('show what both sides hold', () => {
    const fields = [{ field: 'title', marketo: 'M', dynamics: null }];
    expect(reviewsText([review('collision', { fields })], plain)).toContain('title: Marketo has "M", Dynamics has nothing');
  });

  test('say so when there is none, and what became of a decision', () => {
    expect(reviewsText([], plain)).toBe('Nothing waits for a person to decide.');
    expect(resolvedText({ closed: [7], queued: [], cycleTriggered: false }, plain)).toBe('1 review closed.');
    expect(resolvedText({ closed: [7], queued: ['record/1'], cycleTriggered: true }, plain)).toContain(
      'back to work now: record/1',
    );
  });

  test('of every kind can be decided', () => {
    for (const { choices } of Object.values(REVIEW_KINDS)) expect(Object.keys(choices)).not.toEqual([]);
  });
});

describe('a plan', () => {
  const none = { created: 0, updated: 0, fields: 0 };
  const quiet: PlanSummary = {
    madeAt: '2026-03-01T12:00:00.000Z',
    found: 0,
    outcomes: {},
    failed: 0,
    writes: { marketo: none, dynamics: none },
  };
  const line: PlanLine = {
    key: 'record/1',
    marketoId: '1',
    table: 'contact',
    microsoftId: ROW,
    side: 'dynamics',
    act: 'update',
    field: 'title',
    label: 'Job Title',
    rule: 'marketoChanged',
    winner: 'marketo',
    before: null,
    after: 'Baron',
  };

  test('without changes says so for both sides', () => {
    expect(changesNothing(quiet)).toBe(true);
    expect(planText(quiet, [], plain).match(/nothing would change/g)).toHaveLength(2);
  });

  test('tells the numbers, the fields with their rule, and each record', () => {
    const busy = { ...quiet, writes: { marketo: none, dynamics: { created: 0, updated: 1, fields: 1 } } };
    expect(changesNothing(busy)).toBe(false);
    const text = planText(busy, [line], plain);
    expect(text).toContain('0 records created, 1 updated, 1 value written');
    expect(text).toContain('1  Job Title to Dynamics: Only Marketo had changed it');
    expect(text).toContain(`Update in Dynamics: person 1, contact ${ROW}`);
    expect(text).toContain('Job Title: nothing becomes "Baron"');
  });

  test('tells how many records would be refused or wait, and is silent where there is none', () => {
    const text = planText({ ...quiet, outcomes: { rejected: 2, review: 1, written: 3 } }, [], plain);
    expect(text).toContain('2 records would have a value refused, which is then not sent.');
    expect(text).toContain('1 record would wait for somebody to choose.');
    expect(planText({ ...quiet, outcomes: { written: 3 } }, [], plain)).not.toMatch(/refused|choose/);
  });

  test('that is not complete says why', () => {
    const text = planText({ ...quiet, failed: 2, stopped: ['Marketo does not answer'] }, [], plain);
    expect(text).toContain('2 records could not be decided.');
    expect(text).toContain('  Marketo does not answer');
  });

  test('of very many records shows the first ones and names the rest', () => {
    const lines = Array.from({ length: 60 }, (_one, index) => ({ ...line, key: `record/${index}` }));
    expect(planText(quiet, lines, plain)).toContain('... and 10 more records: --json has all of them.');
  });
});

describe('the doctor', () => {
  const check = { name: 'a', title: 'A', status: 'ok', finding: 'Fine.' } as const;

  test('tells what is well in short, and how to mend the rest', () => {
    const text = doctorText(
      {
        healthy: false,
        checks: [check, { ...check, status: 'problem', finding: 'Bad.', fix: 'Mend it.' }, { ...check, status: 'warning' }],
      },
      plain,
    );
    expect(text.split('\n')).toEqual([
      'ok       A',
      '         Fine.',
      'problem  A',
      '         Bad.',
      '         Mend it.',
      'warning  A',
      '         Fine.',
      '',
      '1 problem must be mended, 1 warning.',
    ]);
    expect(doctorText({ healthy: true, checks: [check] }, plain)).toContain('Nothing must be mended.');
  });
});

test('an import tells the lines that were not taken', () => {
  const text = importText('p.csv', { imported: 2, known: 1, problems: [{ line: 3, message: 'is taken' }] }, false, plain);
  expect(text).toContain('2 pairs imported, 1 pair there already.');
  expect(text).toContain('p.csv:3 is taken');
  expect(text).toContain('decided with the next cycles');
  const checked = importText('p.csv', { imported: 2, known: 0, problems: [] }, true, plain);
  expect(checked).toBe('2 pairs would be imported.');
});
