/** Every code of the vendors' catalogues that `classify` takes for a refusal has a plain sentence. */
import { describe, expect, test } from '@jest/globals';
import { refusalSentence } from '../../../src/core/refusals';
import type { SideName } from '../../../src/core/types';
import { classify } from '../../../src/dataverse/classify';
import { classifyRecord } from '../../../src/marketo/classify';

const NOW = new Date('2026-03-01T12:00:00Z');
const LABEL: Readonly<Record<SideName, string>> = { dynamics: 'Job Title', marketo: 'Person Title' };

const TOO_LONG =
  "A validation error occurred.  The length of the 'jobtitle' attribute of the 'contact' entity exceeded the maximum allowed length of '100'.";

type Line = readonly [code: string, sentence: string, message?: string];

const DYNAMICS: readonly Line[] = [
  ['0x80044331', 'Job Title is longer than 100 characters in Dynamics', TOO_LONG],
  ['0x80044331', 'Job Title is longer than Dynamics holds'],
  ['0x8004431a', 'Job Title is not one of the options that Dynamics has'],
  ['0x8004432f', 'Job Title is outside the range that Dynamics allows'],
  ['0x80044330', 'Job Title is outside the range that Dynamics allows'],
  ['0x80040239', 'Job Title is not a date that Dynamics accepts'],
  ['0x80040278', 'Job Title has characters that Dynamics does not accept'],
  ['0x80040200', 'Job Title is required in Dynamics'],
  ['0x80040203', 'Dynamics does not accept the value of Job Title'],
  ['0x80040317', 'Dynamics does not accept the value of Job Title'],
  ['0x80040265', 'A business rule or plug-in in Dynamics refused Job Title'],
  ['0x80040333', 'Duplicate detection in Dynamics found another record like this one'],
  ['0x80040237', 'Dynamics has a record with the same key already'],
  ['0x80040217', 'Job Title points at a Dynamics record that does not exist', 'systemuser With Id = 1 Does Not Exist'],
  ['0x80060891', 'Job Title points at a Dynamics record that does not exist'],
  ['0x80040227', 'Other Dynamics records hang on this one'],
  ['0x80048408', 'The status does not belong to the state of the Dynamics record'],
  ['0x80040233', 'The Dynamics record is closed or read-only, so Job Title cannot be changed'],
  ['0x8004022e', 'The Dynamics record is closed or read-only, so Job Title cannot be changed'],
  ['0x80040519', 'The Dynamics lead is qualified or disqualified already'],
  ['0x80081018', 'The Dynamics lead is qualified or disqualified already'],
  ['0x8004f507', 'The sync user may not write Job Title in Dynamics: the column is secured'],
  ['0x8004f502', 'The sync user may not write Job Title in Dynamics: the column is secured'],
  ['0x8004f504', 'The sync user may not write Job Title in Dynamics: the column is secured'],
  ['0x80040229', 'The owner is no enabled user of Dynamics, or may not own this record'],
  ['0x80040210', 'The owner is no enabled user of Dynamics, or may not own this record'],
  ['0x80040231', 'The owner is no enabled user of Dynamics, or may not own this record'],
  ['0x80040220', 'The sync user lacks a privilege in Dynamics', 'Principal with id 1 does not have WriteAccess right(s)'],
  ['0x80048306', 'The sync user lacks a privilege in Dynamics', 'Principal with id 1 does not have WriteAccess right(s)'],
  ['0x80040299', 'The sync user lacks a privilege in Dynamics', 'Principal with id 1 does not have WriteAccess right(s)'],
  ['0x80060888', 'Dynamics has no such column for Job Title any more', "Could not find a property named 'jobtitle'"],
  ['0x8006088a', 'Dynamics has no such column for Job Title any more', "Could not find a property named 'jobtitle'"],
  ['0x80048d19', 'Job Title is of a kind that its Dynamics column does not take'],
];

const MARKETO: readonly Line[] = [
  ['701', 'Person Title may not be empty in Marketo'],
  ['702', 'Marketo has no such data'],
  ['704', 'Person Title is not a date that Marketo accepts'],
  ['709', 'A business rule in Marketo does not allow it'],
  ['710', 'Marketo does not let that be done with this person'],
  ['711', 'Marketo does not let that be done with this person'],
  ['712', 'Marketo could not merge these people'],
  ['714', 'Marketo could not merge these people'],
  ['718', 'Marketo does not know the salesperson of this record yet'],
  ['1001', 'Marketo does not accept the value of Person Title'],
  ['1002', 'Person Title may not be empty in Marketo'],
  ['1003', 'Marketo does not accept the value of Person Title'],
  ['1005', 'Marketo has this person already'],
  ['1006', 'Marketo has no such field any more, or does not let it be written: Person Title'],
  ['1007', 'Several people in Marketo have this Microsoft id: merge them'],
  ['1008', 'The person is in a Marketo partition that the sync user may not use'],
  ['1009', 'The person is in a Marketo partition that the sync user may not use'],
  ['1010', 'The person is in a Marketo partition that the sync user may not use'],
  ['1011', 'Marketo has no such field any more, or does not let it be written: Person Title'],
  ['1012', 'Marketo does not accept the value of Person Title'],
  ['1013', 'Marketo has no such object'],
  ['1015', 'The person is not in the Marketo list'],
  ['1017', 'Marketo has that already'],
  ['1021', 'Person Title belongs to the company that the person is linked to, and is not changed through the person'],
  ['1022', 'Marketo cannot change it while it is in use'],
  ['1025', 'The Marketo program has no such status'],
  ['1027', 'Marketo has as many activity types as it allows'],
  ['1028', 'Marketo has as many fields as it allows'],
  ['1035', 'Marketo does not let that be done with this person'],
  ['1036', 'The same person was sent to Marketo twice in one call'],
  ['1037', 'Marketo does not let that be done with this person'],
  ['1042', 'Marketo does not let that be done with this person'],
  ['1048', 'Marketo does not let that be done with this person'],
  ['1049', 'The record is larger than Marketo takes at once'],
  ...['1076', '1077', '1078', '1079', '1080'].map((code): Line => [code, 'Marketo could not merge these people']),
];

/** What each client makes of the code when a person's values are written. */
const classified = {
  dynamics: (code: string, message: string) =>
    classify(
      { status: 400, headers: {}, text: JSON.stringify({ error: { code, message } }) },
      { doing: 'write', record: { entity: 'contact', id: '11111111-2222-4333-8444-555555555555' }, sent: ['jobtitle'] },
      NOW,
    ),
  marketo: (code: string, message: string) => classifyRecord([{ code, message }], { doing: 'write', sent: { title: 'x' } }, NOW),
};

describe.each([
  ['dynamics', DYNAMICS],
  ['marketo', MARKETO],
] as const)('%s', (side, lines) => {
  test.each(lines)('%s: %s', (code, sentence, message = 'Said by the vendor') => {
    expect(classified[side](code, message)).toMatchObject({ kind: 'rejected', code });
    expect(refusalSentence({ side, code, label: LABEL[side], message })).toBe(sentence);
  });

  test('a body that is too large', () => {
    const plain = refusalSentence({ side, code: 'http413', label: LABEL[side], message: '' });
    expect(plain).toMatch(/^The record is larger than (Dynamics|Marketo) takes at once$/);
  });
});

/** The hexadecimal neighbourhood of the catalogue, and every number that Marketo's has or skips. */
const around = (from: number, to: number, form: (code: number) => string): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => form(from + index));
const hex = (code: number): string => `0x${code.toString(16)}`;

test('no code that would be taken for a refusal is without a sentence', () => {
  const without = (side: SideName, codes: readonly string[]): readonly string[] =>
    codes.filter((code) => {
      const { kind } = classified[side](code, 'Said by the vendor');
      return kind === 'rejected' && / refused .*\(/.test(refusalSentence({ side, code, label: 'X', message: '' }));
    });
  expect(without('marketo', around(500, 1100, String))).toEqual([]);
  // A code of Dynamics that nobody knows counts as a refusal of the record, and then names itself: these are known.
  const known = new Set(DYNAMICS.map(([code]) => code));
  const unknown = without('dynamics', [...around(0x80040200, 0x80040340, hex), ...around(0x80044310, 0x80044340, hex)]);
  expect(unknown.filter((code) => known.has(code))).toEqual([]);
  expect(refusalSentence({ side: 'dynamics', code: '0x80040201', label: 'Job Title', message: '' })).toBe(
    'Dynamics refused Job Title (0x80040201)',
  );
});
