/** `$select` and `$filter` over metadata, which is no table: names are paths into JSON. */
import { noSuchProperty } from '../http/problem';
import type { Filter, Literal } from '../query/ast';
import { type Comparable, holds } from '../query/compare';
import { parseFilter } from '../query/parseFilter';
import type { Json } from './attributeJson';

/** The chosen members and the id, which is always told. Throws for a name that the type does not have. */
export function selected(whole: Json, select: readonly string[] | undefined, type: string): Json {
  if (select === undefined) return whole;
  const chosen = select.map((name) => {
    if (!(name in whole)) throw noSuchProperty(name, type);
    return [name, whole[name]] as const;
  });
  return Object.fromEntries([...chosen, ['MetadataId', whole['MetadataId']]]);
}

/** The test throws for a name that the type does not have. */
export function jsonTest(filter: string | undefined, type: string): (json: Json) => boolean {
  if (filter === undefined) return () => true;
  const parsed = parseFilter(filter);
  return (json) => matches(parsed, json, type);
}

function matches(filter: Filter, json: Json, type: string): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.of.every((part) => matches(part, json, type));
    case 'or':
      return filter.of.some((part) => matches(part, json, type));
    case 'not':
      return !matches(filter.of, json, type);
    case 'compare':
      return holds(valueAt(json, filter.path, type), filter.comparator, literalValue(filter.literal));
    case 'text': {
      const text = String(valueAt(json, filter.path, type) ?? '');
      const part = filter.text.toLowerCase();
      if (filter.function === 'contains') return text.includes(part);
      return filter.function === 'startswith' ? text.startsWith(part) : text.endsWith(part);
    }
    default: {
      const value = valueAt(json, filter.property.split('/'), type);
      return filter.values.some((one) => one.toLowerCase() === String(value)) !== (filter.function === 'NotIn');
    }
  }
}

function valueAt(json: Json, path: readonly string[], type: string): Comparable | null {
  let value: unknown = json;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !(name in value)) throw noSuchProperty(path.join('/'), type);
    value = (value as Json)[name];
  }
  if (typeof value === 'string') return value.toLowerCase();
  return typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

const literalValue = (literal: Literal): Comparable | null => {
  if (literal.kind === 'null') return null;
  return typeof literal.value === 'string' ? literal.value.toLowerCase() : literal.value;
};
