/** The query functions of Dataverse's own that integrations use. */
import { uriProblem } from '../http/problem';
import type { Table } from '../metadata/model';
import { isGuid } from '../metadata/ids';
import { toTime } from '../rows/time';
import type { Comparator, Filter, Literal } from './ast';
import type { RowTest } from './compileFilter';
import { edmOf } from './compare';
import { propertyAt } from './property';
import type { Scope } from './scope';

type CrmCall = Extract<Filter, { kind: 'crm' }>;

/** Each says the same in comparisons; `value(i)` is the i-th argument as a literal of the property's type. */
const MEANINGS: Readonly<Record<string, (call: CrmCall, value: (i: number) => Literal, userId: string) => Filter>> = {
  In: (call, value) => ({ kind: 'or', of: call.values.map((_text, i) => compare(call, 'eq', value(i))) }),
  NotIn: (call, value) => ({ kind: 'and', of: call.values.map((_text, i) => compare(call, 'ne', value(i))) }),
  Between: (call, value) => ({ kind: 'and', of: [compare(call, 'ge', value(0)), compare(call, 'le', value(1))] }),
  OnOrAfter: (call, value) => compare(call, 'ge', value(0)),
  OnOrBefore: (call, value) => compare(call, 'le', value(0)),
  EqualUserId: (call, _value, userId) => compare(call, 'eq', { kind: 'guid', value: userId }),
  NotEqualUserId: (call, _value, userId) => compare(call, 'ne', { kind: 'guid', value: userId }),
};

const compare = (call: CrmCall, comparator: Comparator, literal: Literal): Filter => ({
  kind: 'compare',
  path: call.property.split('/'),
  comparator,
  literal,
});

export function crmFunction(call: CrmCall, table: Table, scope: Scope, compile: (filter: Filter) => RowTest): RowTest {
  const meaning = MEANINGS[call.function];
  if (meaning === undefined)
    throw uriProblem(`An unknown function with name 'Microsoft.Dynamics.CRM.${call.function}' was found.`);
  // The lookup's own name is taken here, as well as its property.
  const column = table.columns.get(call.property);
  const named = column && !table.properties.has(call.property) ? { ...call, property: `_${call.property}_value` } : call;
  const edm = edmOf(propertyAt(named.property.split('/'), table, scope).column);
  return compile(meaning(named, (i) => literalOf(edm, named.values[i] ?? ''), scope.user.id));
}

/** Arguments of these functions are all written as strings. */
function literalOf(edm: string, text: string): Literal {
  const refuse = (): Error => uriProblem(`The value '${text}' is not of the type '${edm}'.`);
  switch (edm) {
    case 'Edm.String':
      return { kind: 'string', value: text };
    case 'Edm.Boolean':
      return { kind: 'boolean', value: text.toLowerCase() === 'true' || text === '1' };
    case 'Edm.Guid':
      if (!isGuid(text)) throw refuse();
      return { kind: 'guid', value: text.toLowerCase() };
    case 'Edm.Date':
    case 'Edm.DateTimeOffset': {
      const time = toTime(text);
      if (time === undefined) throw refuse();
      return { kind: 'time', value: time };
    }
    default: {
      const value = Number(text);
      if (Number.isNaN(value)) throw refuse();
      return { kind: 'number', value };
    }
  }
}
