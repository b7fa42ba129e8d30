/** `EntityDefinitions`: tables, their columns, keys and relationships, by the metadata's own rules: no paging, casts for what types add. */
import { type Answer, type Call, json, type Segment } from '../http/call';
import { DataverseError, methodNotAllowed, noSuchProperty, noSuchSegment, uriProblem } from '../http/problem';
import type { Organization } from '../organization';
import { type ReadOptions, readOptions } from '../query/options';
import { type AttributeJson, attributeJson, type Json } from './attributeJson';
import { entityJson, keyJsons, manyToOneJsons, oneToManyJsons } from './entityJson';
import { isGuid } from './ids';
import { jsonTest, selected } from './jsonQuery';
import { answerGlobalOptionSets, answerRelationships } from './otherDefinitions';
import type { Column, Table } from './model';

const CRM = 'Microsoft.Dynamics.CRM.';
const ATTRIBUTE = 'AttributeMetadata';
const ENTITY = 'EntityMetadata';
/** What columns can be anywhere; no column here is a file, say, which is no error to look for. */
const ATTRIBUTE_TYPES: ReadonlySet<string> = new Set(
  `BigInt Boolean DateTime Decimal Double EntityName Enum File Image Integer Lookup ManagedProperty Memo Money MultiSelectPicklist
   Picklist State Status String UniqueIdentifier`.split(/\s+/),
);

export function answerDefinitions(call: Call, organization: Organization): Answer {
  const [first, second, third, fourth] = call.segments as readonly [Segment, ...Segment[]];
  if (call.method !== 'GET') throw methodNotAllowed(call.method);
  const options = readOptions(call.parameters);
  if (first.name === 'RelationshipDefinitions') return answerRelationships(call, options, organization);
  if (first.name === 'GlobalOptionSetDefinitions') return answerGlobalOptionSets(call);
  const context = (fragment: string): Json => ({ '@odata.context': `${call.baseUrl}/$metadata#${fragment}` });
  if (first.name !== 'EntityDefinitions') throw noSuchSegment(first.name);
  if (first.argument === undefined) {
    const value = entities([...organization.model.tables.values()], options, organization);
    return json({ ...context('EntityDefinitions'), value });
  }
  const table = tableAt(first.argument, organization);
  if (second === undefined) {
    const [entity] = entities([table], { ...options, filter: undefined }, organization);
    return json({ ...context('EntityDefinitions/$entity'), ...entity });
  }
  if (second.name !== 'Attributes') {
    const value = related(table, second.name, options);
    if (value === undefined) throw noSuchSegment(second.name);
    return json({ ...context(`EntityDefinitions('${table.name}')/${second.name}`), value });
  }
  if (second.argument === undefined) {
    const value = attributes([...table.columns.values()], castOf(third), options, organization);
    return json({ ...context(`EntityDefinitions('${table.name}')/Attributes`), value });
  }
  return oneAttribute(columnAt(second.argument, table), [third, fourth], options, organization, context);
}

function oneAttribute(
  column: Column,
  rest: readonly (Segment | undefined)[],
  options: ReadOptions,
  organization: Organization,
  context: (fragment: string) => Json,
): Answer {
  const isCast = rest[0]?.name.startsWith(CRM) ?? false;
  const member = isCast ? rest[1] : rest[0];
  if (member !== undefined) {
    const { navigations } = attributeJson(column, organization);
    const found = navigations[member.name];
    if (found === undefined || found === null) throw noSuchSegment(member.name);
    return json({ ...context('Microsoft.Dynamics.CRM.OptionSetMetadata'), ...found });
  }
  const [found] = attributes([column], isCast ? castOf(rest[0]) : undefined, { ...options, filter: undefined }, organization);
  if (found === undefined)
    throw new DataverseError(404, '0x80060888', `The attribute '${column.name}' is not of the type asked for.`);
  return json({ ...context('EntityDefinitions/Attributes/$entity'), ...found });
}

function entities(tables: readonly Table[], options: ReadOptions, organization: Organization): Json[] {
  const passes = jsonTest(options.filter, ENTITY);
  return tables
    .map((table) => ({ table, whole: entityJson(table, organization) }))
    .filter(({ whole }) => passes(whole))
    .map(({ table, whole }) => {
      const expanded = options.expand.map(({ name, options: inner }) => {
        const value =
          name === 'Attributes'
            ? attributes([...table.columns.values()], undefined, inner, organization)
            : related(table, name, inner);
        if (value === undefined) throw noSuchProperty(name, ENTITY);
        return [name, value] as const;
      });
      return { ...selected(whole, options.select, ENTITY), ...Object.fromEntries(expanded) };
    });
}

function related(table: Table, name: string, { select, filter }: ReadOptions): Json[] | undefined {
  const lists: Readonly<Record<string, () => Json[]>> = {
    Keys: () => keyJsons(table),
    ManyToOneRelationships: () => manyToOneJsons(table),
    OneToManyRelationships: () => oneToManyJsons(table),
    ManyToManyRelationships: () => [],
  };
  const passes = jsonTest(filter, name);
  return lists[name]?.()
    .filter(passes)
    .map((one) => selected(one, select, name));
}

/** Without a cast, all columns, and of each what all have; with one, the columns of that type with what it adds. */
function attributes(
  columns: readonly Column[],
  cast: string | undefined,
  options: ReadOptions,
  organization: Organization,
): Json[] {
  const passes = jsonTest(options.filter, cast ?? ATTRIBUTE);
  return columns
    .map((column) => attributeJson(column, organization))
    .filter(({ type }) => cast === undefined || type === cast)
    .filter(({ base, own }) => passes(cast === undefined ? base : { ...base, ...own }))
    .map((attribute) => shown(attribute, cast, options));
}

function shown(attribute: AttributeJson, cast: string | undefined, { select, expand }: ReadOptions): Json {
  const whole = { ...attribute.base, ...attribute.own };
  // A select without a cast can name only what all have; no select shows everything of each.
  const chosen = select === undefined ? whole : selected(cast === undefined ? attribute.base : whole, select, cast ?? ATTRIBUTE);
  const expanded = expand.map(({ name, options }) => {
    if (cast === undefined || !(name in attribute.navigations)) throw noSuchProperty(name, cast ?? ATTRIBUTE);
    const value = attribute.navigations[name] as Json | null;
    return [name, value === null ? null : selected(value, options.select, 'OptionSetMetadata')] as const;
  });
  const type = cast === undefined ? { '@odata.type': `#${CRM}${attribute.type}` } : {};
  return { ...type, ...chosen, ...Object.fromEntries(expanded) };
}

function castOf(segment: Segment | undefined): string | undefined {
  if (segment === undefined) return undefined;
  if (!segment.name.startsWith(CRM)) throw noSuchSegment(segment.name);
  const cast = segment.name.slice(CRM.length);
  if (cast !== ATTRIBUTE && !(cast.endsWith(ATTRIBUTE) && ATTRIBUTE_TYPES.has(cast.slice(0, -ATTRIBUTE.length))))
    throw uriProblem(`The type '${segment.name}' is not derived from 'Microsoft.Dynamics.CRM.AttributeMetadata'.`);
  return cast;
}

/** By `LogicalName='contact'` or by its id. */
function tableAt(argument: string, { model }: Organization): Table {
  const name = /^LogicalName\s*=\s*'([^']*)'$/.exec(argument)?.[1];
  const table = isGuid(argument)
    ? [...model.tables.values()].find(({ metadataId }) => metadataId === argument.toLowerCase())
    : model.tables.get(name ?? '');
  if (table === undefined) throw new DataverseError(404, '0x80060888', `Could not find an entity with name ${name ?? argument}.`);
  return table;
}

function columnAt(argument: string, table: Table): Column {
  const name = /^LogicalName\s*=\s*'([^']*)'$/.exec(argument)?.[1];
  const column = isGuid(argument)
    ? [...table.columns.values()].find(({ metadataId }) => metadataId === argument.toLowerCase())
    : table.columns.get(name ?? '');
  if (column !== undefined) return column;
  throw new DataverseError(
    404,
    '0x80060888',
    `Could not find an attribute with name ${name ?? argument} in entity ${table.name}.`,
  );
}
