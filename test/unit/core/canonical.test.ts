import { describe, expect, test } from '@jest/globals';
import { canonicalise, equal } from '../../../src/core/canonical';
import type { FieldPlan, RawValue } from '../../../src/core/types';
import { field, type FieldOptions } from './support';

const both = (one: FieldPlan, marketo: RawValue, dynamics: RawValue): boolean =>
  equal(canonicalise(one, 'marketo', marketo), canonicalise(one, 'dynamics', dynamics));

type Case = readonly [what: string, one: FieldPlan, marketo: RawValue, dynamics: RawValue];
const fine = (options: FieldOptions = {}) => field('decimal', options);
const multi = field('picklist', { onDynamics: { vendorType: 'MultiSelectPicklist' } });
const twins = field('picklist', {
  onDynamics: {
    options: [
      { value: 3, label: 'Other' },
      { value: 9, label: ' other' },
    ],
  },
});
const consent = field('boolean', { consent: true });

describe('nobody would call these different', () => {
  test.each<Case>([
    ['space around text', field('string'), '  Ada ', 'Ada'],
    ['two ways to write an accent', field('string'), 'Zoe\u0308', 'Zo\u00eb'],
    ['line ends', field('text'), 'one\r\ntwo', 'one\ntwo'],
    ['blank and empty', field('string'), '', null],
    ['space and empty', field('text'), ' \n ', null],
    ['a number and its text in a text field', field('string'), '5', 5],
    ['an e-mail in capitals', field('email'), 'Ada@Example.COM', 'ada@example.com'],
    ['a phone number with punctuation', field('phone'), '+49 (30) 123-456.7', '+49301234567'],
    ['a phone extension in words', field('phone'), '555 1234 ext. 89', '5551234x89'],
    ['a phone extension with a hash', field('phone'), '555-1234 #89', '555 1234 extension 89'],
    ['the case of scheme and host', field('url'), 'HTTPS://Example.com/A', 'https://example.com/A'],
    ['a lone slash behind a host', field('url'), 'https://example.com/', 'https://example.com'],
    ['a host without scheme', field('url'), 'Example.com', 'example.com'],
    ['a whole number and its text', field('integer'), '42', 42],
    ['a whole number with zeros behind the point', field('integer'), '42.0', 42],
    ['decimals at the coarser precision', fine(), 1.005, 1.01],
    ['a whole-number field and a decimal one', fine({ onMarketo: { vendorType: 'integer' } }), 2, 1.5],
    ['money as text', field('currency'), '1000.50', 1000.5],
    ['minus zero', field('currency'), -0.001, 0],
    ['a flag as text', field('boolean'), 'True', true],
    ['a flag as digit', field('boolean'), '0', false],
    ['a flag as number', field('boolean'), 1, true],
    ['a flag in words', field('boolean'), 'yes', true],
    ['a flag denied in words', field('boolean'), 'No', false],
    ['consent nobody asked for', consent, null, false],
    ['consent left blank', consent, '', false],
    ['a label and its option', field('picklist'), 'Web', 8],
    ['a label in another case with space', field('picklist'), '  employee referral ', 2],
    ['an option as text', field('picklist'), 'Web', '8'],
    ['an option kept as number in Marketo', field('picklist', { onMarketo: { vendorType: 'integer' } }), 8, 8],
    ['choices in another order', multi, 'Web; advertisement', '1,8'],
    ['choices twice', multi, 'Web;Web', '8'],
    ['a day and a day with a time', field('date'), '1990-02-28', '1990-02-28T23:30:00-08:00'],
    ['one instant in two zones', field('datetime'), '2024-05-01T12:00:00+0200', '2024-05-01T10:00:00Z'],
    ['an instant without a zone is UTC', field('datetime'), '2024-05-01 10:00:00', '2024-05-01T10:00:00Z'],
    ['fractions of a second', field('datetime'), '2024-05-01T10:00:00.900Z', '2024-05-01T10:00:00Z'],
    ["Marketo's own way to write UTC", field('datetime'), '2024-05-01T10:00:00Z+0000', '2024-05-01T10:00:00Z'],
    ['an id in capitals', field('lookup', { lookupAs: 'id' }), 'ABC-1', 'abc-1'],
    ['the first of options nobody can tell apart', twins, 'Other', 3],
    ['the last of options nobody can tell apart', twins, 'Other', 9],
  ])('%s', (_what, one, marketo, dynamics) => {
    expect(both(one, marketo, dynamics)).toBe(true);
  });
});

describe('somebody could call these different', () => {
  test.each<Case>([
    ['the case of a name', field('string'), 'macdonald', 'MacDonald'],
    ['space inside a name', field('string'), 'Van  Dam', 'Van Dam'],
    ['the case of an e-mail in a string field', field('string'), 'A@x.com', 'a@x.com'],
    ['a country code written two ways', field('phone'), '0049301234567', '+49301234567'],
    ['a trunk zero in brackets', field('phone'), '+44 (0)20 7946', '+44207946'],
    ['a plus sign', field('phone'), '49301234567', '+49301234567'],
    ['two numbers in one field', field('phone'), '555-1234/5', '555-12345'],
    ['letters on the dial', field('phone'), '1-800-FLOWERS', '1-800-flowers'],
    ['an extension', field('phone'), '555 1234 x5', '555 12345'],
    ['a number with an extension and without', field('phone'), '555 1234 x5', '555 1234'],
    ['the case of a path', field('url'), 'https://example.com/A', 'https://example.com/a'],
    ['a scheme', field('url'), 'http://example.com', 'https://example.com'],
    ['a slash behind a path', field('url'), 'https://example.com/a/', 'https://example.com/a'],
    ['a user in a URL', field('url'), 'https://Ada@example.com', 'https://ada@example.com'],
    ['text for a number', field('integer'), 'many', null],
    ['a thousands separator', field('integer'), '1,000', 1000],
    ['zero and nothing', field('integer'), 0, null],
    ['cents', field('currency'), 10.01, 10.02],
    ['no and nothing, where nobody gave consent', field('boolean'), null, false],
    ['an unknown label and an option', field('picklist'), 'Fair', 1],
    ['an option number where Marketo holds labels', field('picklist'), '8', 8],
    ['an unknown label and nothing', field('picklist'), 'Fair', null],
    ['one choice more', multi, 'Web', '1,8'],
    ['a choice nobody knows', multi, 'Web;Fair', '8'],
    ['a day that does not exist', field('date'), '2023-02-30', '2023-03-02'],
    ['the day before', field('date'), '1990-02-27', '1990-02-28T00:30:00+02:00'],
    ['a second', field('datetime'), '2024-05-01T10:00:01Z', '2024-05-01T10:00:00Z'],
    ['a day of which the time is unknown and another hour', field('datetime'), '2024-05-01', '2024-05-01T10:00:00Z'],
    ['the case of a lookup name', field('lookup'), 'Contoso', 'CONTOSO'],
  ])('%s', (_what, one, marketo, dynamics) => {
    expect(both(one, marketo, dynamics)).toBe(false);
  });

  test('a value that does not fit its type still equals itself', () => {
    expect(both(field('integer'), 'many', 'many')).toBe(true);
    expect(both(field('datetime'), 'soon', ' soon')).toBe(true);
    expect(both(field('boolean'), 'perhaps', 'perhaps')).toBe(true);
  });
});
