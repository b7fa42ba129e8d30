import { describe, expect, test } from '@jest/globals';
import { refusalSentence } from '../../../src/core/refusals';
import { REVIEW_KINDS } from '../../../src/core/reviews';
import { ruleSentence, sentencesOf, shown } from '../../../src/core/sentences';
import type { DecidedEvent, PairOrigin } from '../../../src/core/story';
import { DECISION_RULES } from '../../../src/core/types';

const decided = (over: Partial<DecidedEvent>): DecidedEvent => ({
  kind: 'decided',
  at: '2026-03-01T12:00:00.000Z',
  field: 'title',
  label: 'Job Title',
  rule: 'marketoChanged',
  winner: 'marketo',
  baseline: { marketo: 'Clerk', dynamics: 'Clerk' },
  marketo: 'Manager',
  dynamics: 'Clerk',
  writes: [{ side: 'dynamics', value: 'Manager', result: 'confirmed' }],
  result: 'confirmed',
  ...over,
});

describe('how a person and a row became a pair', () => {
  const told = (origin: PairOrigin) => sentencesOf({ kind: 'paired', at: '2026-03-01T12:00:00.000Z', origin });

  test('is one sentence: who was made, or by what the two were known', () => {
    expect(told('personCreated')).toEqual(['The person was created in Marketo, with what the Dynamics record held then.']);
    expect(told('rowCreated')).toEqual(['The Dynamics record was created, with what the person held then.']);
    expect(told('linkedByGuid')).toEqual([expect.stringContaining('the person carried the id of the record.')]);
    expect(told('linkedByEmail')).toEqual([expect.stringContaining('they had the same e-mail address')]);
    expect(told('imported')).toEqual([expect.stringContaining('by an import.')]);
  });
});

describe('a decision', () => {
  test('says who changed what, why it was decided so, and what became of it', () => {
    expect(sentencesOf(decided({}))).toEqual([
      'Job Title: Marketo had changed from "Clerk" to "Manager", Dynamics still had "Clerk".',
      'Only Marketo had changed it, so the change goes to Dynamics.',
      '"Manager" was written to Dynamics.',
    ]);
  });

  test('of a first match has no before', () => {
    const [first] = sentencesOf(decided({ baseline: undefined as never, rule: 'seed:nonBlank', dynamics: null }));
    expect(first).toBe('Job Title: Marketo had "Manager", Dynamics had nothing.');
  });

  test.each([
    ['rejected', 'Dynamics refused "Manager".'],
    ['held', '"Manager" was not sent again, because Dynamics had refused it before.'],
    ['planned', '"Manager" is being written to Dynamics.'],
    ['superseded', '"Manager" was not sent to Dynamics: the record changed meanwhile, and was compared again.'],
  ] as const)('whose write was %s says so', (result, sentence) => {
    expect(sentencesOf(decided({ result, writes: [{ side: 'dynamics', value: 'Manager', result }] }))).toContain(sentence);
  });

  test('without writes says that nothing was written, or that the target cannot hold it', () => {
    expect(sentencesOf(decided({ rule: 'agree', writes: [], result: 'noted' })).at(-1)).toBe('Nothing was written.');
    expect(sentencesOf(decided({ writes: [], result: 'rejected' })).at(-1)).toContain('cannot hold');
  });

  test('from before a merge or a qualification says between which records it was', () => {
    const lead = { table: 'lead', microsoftId: '6c9f' } as const;
    expect(sentencesOf(decided({ decidedIn: { until: 'merged', marketoId: '1005', ...lead } })).at(-1)).toBe(
      'This was for the Marketo person 1005 and the Dynamics lead 6c9f, before people were merged in Marketo.',
    );
    expect(sentencesOf(decided({ decidedIn: { until: 'qualified', ...lead } })).at(-1)).toBe(
      'This was for the Dynamics lead 6c9f, before it was qualified to a contact.',
    );
  });

  test.each(DECISION_RULES)('by the rule %s says why in words of its own', (rule) => {
    const why = ruleSentence(rule);
    expect(why).not.toBe(`Decided by the rule ${rule}`);
    expect(why).toMatch(/^[A-Z].*[^.]$/);
    expect(DECISION_RULES.filter((other) => ruleSentence(other) === why)).toEqual([rule]);
    // No word that only the program's authors know.
    expect(why).not.toMatch(/baseline|seed|collision|nonBlank|writeRule|oneWay|nearMiss|echo|pair|ledger|epoch/i);
    expect(sentencesOf(decided({ rule }))).toEqual([
      expect.stringContaining('Marketo had changed from "Clerk" to "Manager"'),
      `${why}.`,
      '"Manager" was written to Dynamics.',
    ]);
  });

  test('that is left to somebody says where to choose', () => {
    const waits = (rule: string) => sentencesOf(decided({ rule, writes: [], result: 'noted' })).at(-1);
    expect(waits('collision:review')).toContain('mdsync review list');
    expect(waits('seed:review')).toContain('mdsync review list');
    expect(waits('agree')).toBe('Nothing was written.');
  });

  test('by a rule of another version names the rule', () => {
    expect(ruleSentence('somethingNew')).toBe('Decided by the rule somethingNew');
    expect(ruleSentence('agree')).not.toContain('agree');
  });
});

describe('a refusal', () => {
  test('for length names the limit that Dynamics told', () => {
    const message =
      "A validation error occurred.  The length of the 'jobtitle' attribute of the 'contact' entity exceeded the maximum allowed length of '100'.";
    const plain = refusalSentence({ side: 'dynamics', code: '0x80044331', label: 'Job Title', message });
    expect(plain).toBe('Job Title is longer than 100 characters in Dynamics');
  });

  test('for length without a number still makes sense', () => {
    const plain = refusalSentence({ side: 'dynamics', code: '0x80044331', label: 'Job Title', message: 'Too long.' });
    expect(plain).toBe('Job Title is longer than Dynamics holds');
  });

  test('that we found ourselves is a sentence already', () => {
    const refused = {
      side: 'dynamics',
      code: 'required',
      label: 'Last Name',
      message: 'Last Name is required in Dynamics.',
    } as const;
    expect(refusalSentence(refused)).toBe('Last Name is required in Dynamics');
  });

  test('with a code that nobody knows names side, field and code', () => {
    const refused = { side: 'dynamics', code: '0x8fffffff', label: 'Job Title', message: 'Surprise' } as const;
    expect(refusalSentence(refused)).toBe('Dynamics refused Job Title (0x8fffffff)');
    expect(refusalSentence({ ...refused, side: 'marketo', code: '9999' })).toBe('Marketo refused Job Title (9999)');
  });

  test("keeps the vendor's words beside the plain sentence, and says how it goes on", () => {
    const event = {
      kind: 'refused',
      at: '2026-03-01T12:00:00.000Z',
      side: 'dynamics',
      table: 'contact',
      field: 'title',
      label: 'Job Title',
      code: '0x80040265',
      message: 'Titles are in English here.',
    } as const;
    expect(sentencesOf(event)).toEqual([
      'A business rule or plug-in in Dynamics refused Job Title.',
      'Dynamics said: Titles are in English here. (0x80040265)',
      expect.stringContaining('sent again when'),
    ]);
    expect(sentencesOf({ ...event, closedAt: '2026-03-02T00:00:00.000Z' })[2]).toBe(
      'This was settled on 2026-03-02 00:00:00 UTC.',
    );
  });
});

describe('requests and reviews', () => {
  const request = {
    kind: 'requested',
    at: '2026-03-01T12:00:00.000Z',
    source: 'webhook',
    syncAs: 'lead',
    campaignId: '1001',
  } as const;

  test('a request says who asked and how it ended', () => {
    expect(sentencesOf(request)).toEqual([
      'A campaign (webhook) 1001 asked for this person to be in Dynamics as a lead; that has not been done yet.',
    ]);
    expect(sentencesOf({ ...request, caller: 'forms-2026' })[0]).toContain('A campaign (webhook) 1001 (token forms-2026) asked');
    expect(sentencesOf({ ...request, outcome: { status: 'rejected', reason: 'Dynamics refused lastName.' } })[0]).toMatch(
      /: that was refused, and nothing was created\. Dynamics refused lastName\.$/,
    );
  });

  test('a review says whether it waits', () => {
    const review = { kind: 'review', at: '2026-03-01T12:00:00.000Z', number: 7, review: 'ambiguousMatch' } as const;
    expect(sentencesOf(review)[0]).toBe(
      `Review 7: ${REVIEW_KINDS.ambiguousMatch.meaning} It waits for somebody to choose: mdsync review list.`,
    );
    expect(sentencesOf({ ...review, closedAt: '2026-03-02T00:00:00.000Z', resolution: 'link 1042' })[0]).toMatch(
      /closed on 2026-03-02 00:00:00 UTC: link 1042 \(link it to the one you name;.*\)\.$/,
    );
  });
});

test('values are shown as people read them', () => {
  expect([null, '', 'x', 0, false].map(shown)).toEqual(['nothing', 'nothing', '"x"', '0', 'false']);
});
