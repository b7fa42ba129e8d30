/** Values of every type, in the form each side gives them. */
import type { FieldType, RawValue } from '../../../src/core/types';

/** One value in the form each side gives it. */
export interface Twin {
  readonly marketo: RawValue;
  readonly dynamics: RawValue;
}
export interface Samples {
  /** What was agreed on, twice: the second time written in another way that means the same. */
  readonly a: Twin;
  readonly again: Twin;
  readonly b: Twin;
  /** A third value; flags have none but "not set". */
  readonly c: Twin;
}

export const alike = (value: RawValue): Twin => ({ marketo: value, dynamics: value });

export const SAMPLES: Readonly<Record<Exclude<FieldType, 'lookup'>, Samples>> = {
  string: { a: alike('Ada'), again: alike(' Ada '), b: alike('Grace'), c: alike('Edith') },
  text: {
    a: alike('one\ntwo'),
    again: { marketo: 'one\r\ntwo', dynamics: 'one\ntwo ' },
    b: alike('three'),
    c: alike('four\nfive'),
  },
  email: { a: alike('ada@x.com'), again: alike('ADA@x.com'), b: alike('grace@x.com'), c: alike('edith@x.com') },
  phone: { a: alike('+49 30 1234'), again: alike('+49 (30) 12-34'), b: alike('+49 30 5678'), c: alike('112') },
  url: { a: alike('https://a.com'), again: alike('HTTPS://A.com/'), b: alike('https://b.com'), c: alike('https://c.com') },
  integer: { a: alike(10), again: { marketo: '10', dynamics: 10 }, b: alike(20), c: alike(30) },
  decimal: { a: alike(1.25), again: { marketo: '1.250', dynamics: 1.25 }, b: alike(2.5), c: alike(3.75) },
  currency: { a: alike(1000.5), again: { marketo: 1000.499, dynamics: 1000.5 }, b: alike(2000), c: alike(3000.01) },
  boolean: { a: alike(false), again: { marketo: 'false', dynamics: false }, b: alike(true), c: alike(null) },
  picklist: {
    a: { marketo: 'Web', dynamics: 8 },
    again: { marketo: ' WEB', dynamics: 8 },
    b: { marketo: 'Advertisement', dynamics: 1 },
    c: { marketo: 'Employee Referral', dynamics: 2 },
  },
  date: {
    a: alike('1990-02-28'),
    again: { marketo: '1990-02-28T00:00:00Z', dynamics: '1990-02-28' },
    b: alike('1991-03-01'),
    c: alike('2000-01-01'),
  },
  datetime: {
    a: alike('2024-05-01T10:00:00Z'),
    again: { marketo: '2024-05-01T12:00:00+0200', dynamics: '2024-05-01T10:00:00Z' },
    b: alike('2024-05-02T10:00:00Z'),
    c: alike('2024-05-03T10:00:00Z'),
  },
};

export const EMPTY: Twin = { marketo: null, dynamics: null };
export const BLANK: Twin = { marketo: '', dynamics: '  ' };
