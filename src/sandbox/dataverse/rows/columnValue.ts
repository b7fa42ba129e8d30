/** What a column of a row holds, whether it is stored or follows from other columns. */
import { BUSINESS_UNIT_ID } from '../directory';
import type { Column } from '../metadata/model';
import { isReference, type Row, type Value } from './row';

type Values = Row['values'];
type Derive = (values: Values, row: Row) => Value | undefined;

const text = (values: Values, ...columns: readonly string[]): string[] =>
  columns.map((column) => values[column]).filter((value): value is string => typeof value === 'string');

const joined = (parts: readonly string[], by: string): string | undefined => (parts.length === 0 ? undefined : parts.join(by));

/** First name first, as the organisation's `fullnameconventioncode` 1 says. */
const fullName: Derive = (values) => joined(text(values, 'firstname', 'lastname'), ' ');

/** Street lines, then `city, state postal code`, then the country, each on its own line. */
function address(number: string): Derive {
  const of = (part: string): string => `address${number}_${part}`;
  return (values) => {
    const place = joined([...text(values, of('stateorprovince')), ...text(values, of('postalcode'))], ' ');
    const city = joined([...text(values, of('city')), ...(place === undefined ? [] : [place])], ', ');
    const lines = text(values, of('line1'), of('line2'), of('line3'));
    return joined([...lines, ...(city === undefined ? [] : [city]), ...text(values, of('country'))], '\r\n');
  };
}

const ownerIn =
  (table: string): Derive =>
  (values) => {
    const owner = values['ownerid'];
    return isReference(owner) && owner.table === table ? owner : undefined;
  };

const DERIVED = new Map<string, Derive>([
  ['fullname', fullName],
  ['yomifullname', (values) => joined(text(values, 'yomifirstname', 'yomilastname'), ' ')],
  ...['1', '2', '3'].map((number) => [`address${number}_composite`, address(number)] as const),
  ['owninguser', ownerIn('systemuser')],
  ['owningteam', ownerIn('team')],
  [
    'owningbusinessunit',
    (values) => (values['ownerid'] === undefined ? undefined : { table: 'businessunit', id: BUSINESS_UNIT_ID }),
  ],
  // The organisation has one currency.
  ['exchangerate', (values) => values['exchangerate'] ?? (values['transactioncurrencyid'] === undefined ? undefined : 1)],
  ['versionnumber', (_values, row) => row.version],
]);

const BASE = '_base';

/** `undefined` for no value. */
export function valueOf(row: Row, column: Column): Value | undefined {
  if (column.name === `${column.table}id`) return row.id;
  const derive = DERIVED.get(column.name);
  if (derive !== undefined) return derive(row.values, row);
  if (column.type === 'Money' && column.name.endsWith(BASE)) return row.values[column.name.slice(0, -BASE.length)];
  return row.values[column.name];
}

/** Whether `row.values` has the column itself: only such columns can be looked up by an index. */
export const isStored = (column: Column): boolean =>
  column.name !== `${column.table}id` && !DERIVED.has(column.name) && !(column.type === 'Money' && column.name.endsWith(BASE));
