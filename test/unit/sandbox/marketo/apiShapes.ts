/** Checks answers against Adobe's own description of the API, as far as that description is right. */
import shapes from './apiShapes.json';

interface Definition {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

const operations: Readonly<Record<string, string>> = shapes.operations;
const definitions: Readonly<Record<string, Definition>> = shapes.definitions;
const patterns = Object.entries(operations).map(([operation, definition]) => {
  const source = operation.replaceAll('.', '\\.').replaceAll('{}', '[^/]+');
  return { pattern: new RegExp(`^${source}$`), isExact: !operation.includes('{}'), definition };
});

/** Members that the description calls required although real answers do not have them. */
const NOT_ALWAYS: Readonly<Record<string, readonly string[]>> = {
  // On instances that know activities by their GUID only.
  Activity: ['id'],
  LeadChange: ['id'],
  // Of the request, not the answer.
  CustomActivity: ['id', 'activityDate', 'activityTypeId', 'attributes', 'leadId', 'primaryAttributeValue'],
  // New Lead has none.
  ActivityType: ['primaryAttribute'],
  // Standard kinds of objects have none of these.
  ObjectMetaData: ['state', 'version', 'status'],
};

/** What is wrong with a successful answer; empty when nothing is, or when the operation is not described. */
export function shapeProblems(method: string, path: string, answer: unknown): readonly string[] {
  const operation = `${method} ${path}`;
  const found = patterns
    .filter(({ pattern }) => pattern.test(operation))
    .sort((a, b) => Number(b.isExact) - Number(a.isExact))[0];
  return found === undefined ? [] : problemsOf(found.definition, answer, '');
}

function problemsOf(type: string, value: unknown, at: string): readonly string[] {
  if (value === null || value === undefined || type === 'object') return [];
  const items = /^\[(.+)\]$/.exec(type)?.[1];
  if (items !== undefined) {
    return Array.isArray(value)
      ? value.flatMap((item, index) => problemsOf(items, item, `${at}[${index}]`))
      : [`${at} is no array`];
  }
  const definition = definitions[type];
  if (definition === undefined) return isOfType(type, value) ? [] : [`${at} is not of type ${type}: ${JSON.stringify(value)}`];
  if (typeof value !== 'object') return [`${at} is no object`];
  const object = value as Readonly<Record<string, unknown>>;
  const isSkipped = object['status'] === 'skipped';
  const absent = isSkipped
    ? []
    : definition.required.filter((name) => !(name in object) && !(NOT_ALWAYS[type]?.includes(name) ?? false));
  return [
    ...absent.map((name) => `${at}.${name} is missing`),
    ...Object.entries(definition.properties).flatMap(([name, inner]) => problemsOf(inner, object[name], `${at}.${name}`)),
  ];
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}
