/** Numbers at the precision both sides can hold. */
import type { FieldPlan, FieldSchema } from './types';

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A plain decimal number; no thousands separators, whose meaning depends on the country. */
export function parseNumber(value: string | number | boolean): number | undefined {
  if (typeof value === 'boolean') return undefined;
  const number = typeof value === 'number' ? value : DECIMAL.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** Rounds half away from zero, as both vendors' databases do, on the decimal digits people see: 1.005 becomes 1.01. */
export function roundTo(value: number, digits: number | undefined): number {
  if (digits === undefined) return value;
  const shifted = Math.round(shift(Math.abs(value), digits));
  // Beyond what a double can hold exactly there is nothing left to round. `+ 0` makes no difference but for minus zero.
  return Number.isSafeInteger(shifted) ? Math.sign(value) * shift(shifted, -digits) + 0 : value;
}

function shift(value: number, digits: number): number {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  return Number(`${mantissa}e${Number(exponent) + digits}`);
}

/** Types that hold whole numbers only, by either vendor's word. */
const WHOLE: ReadonlySet<string> = new Set(['integer', 'score', 'Integer', 'BigInt']);

/** Digits after the point that both columns can hold; `undefined` when neither names a limit. */
export function coarserDigits(field: FieldPlan): number | undefined {
  if (field.type === 'integer') return 0;
  const digits = [field.marketoSchema, field.dynamicsSchema].flatMap((schema) => digitsOf(schema) ?? []);
  return digits.length > 0 ? Math.min(...digits) : undefined;
}

const digitsOf = (schema: FieldSchema): number | undefined => (WHOLE.has(schema.vendorType) ? 0 : schema.precision);
