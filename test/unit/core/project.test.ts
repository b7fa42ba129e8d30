import { describe, expect, test } from '@jest/globals';
import { project } from '../../../src/core/project';
import type { FieldPlan, RawValue, SideName } from '../../../src/core/types';
import { field } from './support';

const to = (side: SideName, one: FieldPlan, raw: RawValue) =>
  project(one, side === 'marketo' ? 'dynamics' : 'marketo', side, raw);

type Case = readonly [what: string, side: SideName, one: FieldPlan, raw: RawValue, value: RawValue];

const multi = field('picklist', { onDynamics: { vendorType: 'MultiSelectPicklist' } });

describe('a value in the target its own form', () => {
  test.each<Case>([
    ['text without space around', 'dynamics', field('string'), ' Ada ', 'Ada'],
    ['text as long as allowed', 'dynamics', field('string', { onDynamics: { maxLength: 3 } }), 'Ada', 'Ada'],
    ['an e-mail keeps its capitals', 'dynamics', field('email'), 'Ada@Example.com', 'Ada@Example.com'],
    ['a phone number keeps its punctuation', 'marketo', field('phone'), '+49 (30) 12', '+49 (30) 12'],
    ['an option becomes its label', 'marketo', field('picklist'), 8, 'Web'],
    ['a label becomes its option', 'dynamics', field('picklist'), 'web ', 8],
    ['an option stays a number in a number field', 'marketo', field('picklist', { onMarketo: { vendorType: 'integer' } }), 8, 8],
    ['choices become labels', 'marketo', multi, '8,1', 'Advertisement;Web'],
    ['labels become choices', 'dynamics', multi, 'Web; Advertisement', '1,8'],
    ['a rounded amount', 'dynamics', field('currency'), 1.005, 1.01],
    ['a negative amount is rounded away from zero', 'dynamics', field('currency'), -1.005, -1.01],
    ['a number as text in a text field', 'marketo', field('integer', { onMarketo: { vendorType: 'string' } }), 42, '42'],
    ['a large amount', 'marketo', field('currency'), 5_000_000_000, 5_000_000_000],
    ['a flag', 'dynamics', field('boolean'), 'true', true],
    ['a flag as text in a text field', 'marketo', field('boolean', { onMarketo: { vendorType: 'string' } }), true, 'true'],
    ['no consent given means no', 'dynamics', field('boolean', { consent: true }), null, false],
    ['a day', 'marketo', field('date'), '1990-02-28', '1990-02-28'],
    ['the first day Dynamics knows', 'dynamics', field('date'), '1753-01-01', '1753-01-01'],
    ['an instant in UTC', 'dynamics', field('datetime'), '2024-05-01T12:00:00.5+02:00', '2024-05-01T10:00:00Z'],
    ['a lookup by name', 'marketo', field('lookup'), 'Contoso Ltd', 'Contoso Ltd'],
    ['a lookup by id', 'marketo', field('lookup', { lookupAs: 'id' }), 'ABC', 'abc'],
    ['a clear', 'dynamics', field('string'), '  ', null],
    ['a clear of what is only recommended', 'dynamics', field('string', { onDynamics: { required: 'recommended' } }), null, null],
    ['a value in what is required', 'dynamics', field('string', { onDynamics: { required: 'application' } }), 'Ada', 'Ada'],
    ['a number at the edge', 'dynamics', field('integer', { onDynamics: { maxValue: 10 } }), 10, 10],
    ['tabs and line feeds', 'dynamics', field('text'), 'a\tb\nc', 'a\tb\nc'],
  ])('%s', (_what, side, one, raw, value) => {
    expect(to(side, one, raw)).toEqual({ value });
  });
});

type Refused = readonly [code: string, side: SideName, one: FieldPlan, raw: RawValue, message: RegExp];

describe('a value the target cannot hold is refused in a sentence without the value', () => {
  test.each<Refused>([
    [
      'tooLong',
      'dynamics',
      field('string', { onDynamics: { maxLength: 3 } }),
      'Adam',
      /^Row Value is longer than 3 characters.*Dynamics/,
    ],
    ['tooLong', 'marketo', field('string'), 'x'.repeat(256), /^Person Value is longer than 255 characters.*Marketo/],
    ['tooLong', 'marketo', field('text'), '\u00e9'.repeat(15_001), /^Person Value is longer than 30000 bytes/],
    ['tooLong', 'dynamics', field('email', { onDynamics: { maxLength: 5 } }), 'a@b.com', /Row Value/],
    ['unknownOption', 'dynamics', field('picklist'), 'Fair', /^Row Value has no option of that name in Dynamics/],
    ['unknownOption', 'marketo', field('picklist'), 77, /^Person Value holds an option/],
    ['unknownOption', 'dynamics', multi, 'Web;Fair', /Row Value/],
    ['unknownOption', 'marketo', field('picklist', { onDynamics: { options: [{ value: 1, label: ' ' }] } }), 1, /Person Value/],
    ['unknownOption', 'dynamics', field('picklist', { onDynamics: { options: [] } }), 'Web', /Row Value/],
    [
      'unknownOption',
      'marketo',
      field('picklist', {
        onDynamics: {
          vendorType: 'MultiSelectPicklist',
          options: [
            { value: 1, label: 'this; that' },
            { value: 2, label: 'more' },
          ],
        },
      }),
      '1,2',
      /Person Value/,
    ],
    [
      'outOfRange',
      'dynamics',
      field('integer', { onDynamics: { minValue: 0, maxValue: 10 } }),
      -1,
      /^Row Value must be from 0 to 10/,
    ],
    ['outOfRange', 'marketo', field('integer'), 2 ** 31, /^Person Value must be from -2147483648/],
    ['notANumber', 'dynamics', field('currency'), 'a lot', /^Row Value must be a number/],
    ['notABoolean', 'dynamics', field('boolean'), 'perhaps', /^Row Value must be true or false/],
    ['notADate', 'dynamics', field('date'), '2023-02-30', /^Row Value must be a date/],
    ['tooLong', 'marketo', field('picklist', { onMarketo: { maxLength: 2 } }), 8, /^Person Value is longer than 2 characters/],
    ['outOfRange', 'marketo', field('integer', { onMarketo: { vendorType: 'score' } }), 2 ** 31, /^Person Value must be from/],
    ['notADate', 'dynamics', field('datetime'), '2023-02-30T00:00:00Z', /^Row Value must be a date/],
    ['notADate', 'dynamics', field('datetime'), 'soon', /^Row Value must be a date/],
    ['notADate', 'dynamics', field('datetime'), '2024-05-01T25:00:00Z', /^Row Value must be a date/],
    ['beforeMinimumDate', 'dynamics', field('date'), '1752-12-31', /^Row Value is before 1753-01-01/],
    ['beforeMinimumDate', 'dynamics', field('datetime'), '0099-12-31T00:00:00Z', /^Row Value is before 1753-01-01/],
    ['invalidCharacters', 'marketo', field('email'), 'zo\u00eb@example.com', /^Person Value has characters/],
    ['invalidCharacters', 'dynamics', field('string'), 'a\u0000b', /^Row Value has control characters/],
    ['invalidCharacters', 'dynamics', field('string'), 'a\ud800b', /^Row Value has control characters/],
    [
      'required',
      'dynamics',
      field('string', { onDynamics: { required: 'application' } }),
      ' ',
      /^Row Value is required in Dynamics/,
    ],
    ['required', 'dynamics', field('string', { onDynamics: { required: 'system' } }), null, /^Row Value is required in Dynamics/],
  ])('%s towards %s', (code, side, one, raw, message) => {
    const projection = to(side, one, raw);
    expect(projection).toEqual({ refusal: { code, message: expect.stringMatching(message) } });
    if (typeof raw === 'string' && raw.trim().length > 1) expect(JSON.stringify(projection)).not.toContain(raw);
  });

  test('characters outside ASCII are refused in no other field, and Dynamics takes them in an address', () => {
    expect(to('marketo', field('string'), 'Zo\u00eb')).toEqual({ value: 'Zo\u00eb' });
    expect(to('dynamics', field('email'), 'zo\u00eb@example.com')).toEqual({ value: 'zo\u00eb@example.com' });
  });

  test('a day too early for Dynamics is fine for Marketo', () => {
    expect(to('marketo', field('date'), '1066-10-14')).toEqual({ value: '1066-10-14' });
  });
});
