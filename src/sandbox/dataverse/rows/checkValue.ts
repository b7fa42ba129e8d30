/** One value of a payload against its column: first whether it is of the type at all, then whether it is within the limits. */
import { payloadProblem, problem } from '../http/problem';
import { isGuid } from '../metadata/ids';
import { type Column, isDateOnly, type Table } from '../metadata/model';
import { edmOf } from '../query/compare';
import type { Value } from './row';
import { isDay, isTooEarly, toTime } from './time';

type Check = (given: unknown, column: Column, table: Table) => Value | null;

/** The value as it is stored; `null` for none. Throws the server's refusal. */
export function checkValue(given: unknown, column: Column, table: Table): Value | null {
  if (given === null) return null;
  return checkOf(column)(given, column, table);
}

function checkOf(column: Column): Check {
  switch (column.type) {
    case 'Boolean':
      return flag;
    case 'DateTime':
      return isDateOnly(column) ? day : time;
    case 'Decimal':
    case 'Double':
    case 'Money':
      return decimal;
    case 'Picklist':
    case 'State':
    case 'Status':
      return choice;
    case 'Uniqueidentifier':
      return guid;
    case 'Memo':
    case 'String':
      return text;
    default:
      return integer;
  }
}

/** Control characters, but for tab and line ends. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

const text: Check = (given, column, table) => {
  if (typeof given !== 'string') throw wrongType(given, column, table);
  if (CONTROL.test(given)) throw problem('invalidCharactersInField', undefined, column.name);
  if (column.maxLength !== undefined && given.length > column.maxLength) {
    throw problem(
      'stringLengthTooLong',
      `A validation error occurred.  The length of the '${column.name}' attribute of the '${table.name}' entity exceeded the maximum allowed length of '${column.maxLength}'.`,
    );
  }
  // Empty text is stored as no value.
  return given === '' ? null : given;
};

const flag: Check = (given, column, table) => {
  if (typeof given !== 'boolean') throw wrongType(given, column, table);
  return given;
};

const INT32 = 2 ** 31;

const integer: Check = (given, column, table) => {
  const value = numberOf(given, column, table);
  if (!Number.isInteger(value) || value >= INT32 || value < -INT32) throw wrongType(given, column, table);
  const { min, max } = column.range ?? { min: -INT32, max: INT32 };
  if (value < min || value > max) throw outOfRange('integerValueOutOfRange', value, column, table);
  return value;
};

const decimal: Check = (given, column, table) => {
  const value = numberOf(given, column, table);
  const { min, max } = column.range ?? { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
  if (value < min || value > max) throw outOfRange('decimalValueOutOfRange', value, column, table);
  return Number(value.toFixed(column.precision ?? 2));
};

const choice: Check = (given, column, table) => {
  const value = numberOf(given, column, table);
  if (!Number.isInteger(value)) throw wrongType(given, column, table);
  if (column.options.some((option) => option.value === value)) return value;
  const accepted = column.options.map((option) => option.value).join(',');
  throw problem(
    'picklistValueOutOfRange',
    `A validation error occurred. The value ${value} of '${column.name}' on record of type '${table.name}' is outside the valid range. Accepted Values: ${accepted}`,
  );
};

const guid: Check = (given, column, table) => {
  if (typeof given !== 'string' || !isGuid(given)) throw wrongType(given, column, table);
  return given.toLowerCase();
};

const time: Check = (given, column, table) => {
  const value = typeof given === 'string' ? toTime(given) : undefined;
  if (value === undefined) throw wrongType(given, column, table);
  return lateEnough(value);
};

const day: Check = (given, column, table) => {
  if (typeof given !== 'string' || !isDay(given)) throw wrongType(given, column, table);
  return lateEnough(given);
};

function lateEnough(value: string): string {
  if (!isTooEarly(value)) return value;
  const [year, month, date] = value.slice(0, 10).split('-');
  throw problem(
    'invalidDateTime',
    `DateTime is less than minumum value supported by CrmDateTime. Actual value: ${month}/${date}/${year} ${value.slice(11, 19) || '00:00:00'}, Minimum value supported: 01/01/1753 00:00:00`,
  );
}

/** Numbers in quotes are numbers to the OData layer. */
function numberOf(given: unknown, column: Column, table: Table): number {
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  if (typeof value !== 'number' || Number.isNaN(value)) throw wrongType(given, column, table);
  return value;
}

function outOfRange(
  name: 'integerValueOutOfRange' | 'decimalValueOutOfRange',
  value: number,
  column: Column,
  table: Table,
): Error {
  return problem(
    name,
    `A validation error occurred.  The value ${value} of '${column.name}' on record of type '${table.name}' is outside the valid range.`,
  );
}

function wrongType(given: unknown, column: Column, table: Table): Error {
  const literal = typeof given === 'string' ? given : JSON.stringify(given);
  return payloadProblem(
    table.entitySet,
    `Microsoft.OData.ODataException: Cannot convert the literal '${literal}' to the expected type '${edmOf(column)}'. ---> System.FormatException: Input string was not in a correct format.`,
  );
}
