/** The body of a create or update: columns by their names, lookups by their navigation properties. */
import { isJson, type Json } from '../http/call';
import { payloadProblem, problem } from '../http/problem';
import { type Column, isLookup, type Table } from '../metadata/model';
import type { Organization } from '../organization';
import { bindTarget } from './bind';
import { checkValue } from './checkValue';
import type { Reference, Value } from './row';

/** By column name; `null` clears. */
export type Change = ReadonlyMap<string, Value | null>;

const BIND = '@odata.bind';

/**
 * What the body changes. Columns that are not valid for the operation are left out without a word, as Dataverse does.
 * Throws for what the table does not have and for values that do not fit.
 */
export function readPayload(body: Json, table: Table, operation: 'create' | 'update', organization: Organization): Change {
  const change = new Map<string, Value | null>();
  for (const [name, given] of Object.entries(body)) {
    if (name.endsWith(BIND)) {
      const { column, value } = readBinding(name.slice(0, -BIND.length), given, table, organization);
      if (column.validFor[operation]) change.set(column.name, value);
    } else if (!name.includes('@')) {
      const column = columnNamed(name, given, table);
      const value = isLookup(column) ? null : checkValue(given, column, table);
      if (column.validFor[operation]) change.set(column.name, value);
    }
  }
  // A new row that says null says nothing: it gets what Dataverse gives it.
  if (operation === 'create') return new Map([...change].filter(([, value]) => value !== null));
  requireSystemRequired(change, table);
  return change;
}

/** A lookup may be named by its navigation property, but only to clear it. */
function columnNamed(name: string, given: unknown, table: Table): Column {
  const column = table.properties.get(name);
  if (column !== undefined && !isLookup(column)) return column;
  if (column !== undefined) {
    throw payloadProblem(
      table.entitySet,
      'Microsoft.Crm.CrmException: CRM do not support direct update of Entity Reference properties, Use Navigation properties instead.',
    );
  }
  const navigation = table.navigations.get(name);
  if (navigation !== undefined && given === null) return navigation.column;
  throw payloadProblem(
    table.entitySet,
    navigation !== undefined && isJson(given)
      ? `Microsoft.Crm.CrmException: Deep update of the navigation property '${name}' is not supported: new rows come along with new rows only.`
      : `Microsoft.Crm.CrmException: Invalid property '${name}' was found in entity 'Microsoft.Dynamics.CRM.${table.name}'. --->`,
  );
}

function readBinding(
  name: string,
  given: unknown,
  table: Table,
  organization: Organization,
): { readonly column: Column; readonly value: Reference | null } {
  const navigation = table.navigations.get(name);
  if (navigation === undefined) {
    throw payloadProblem(
      table.entitySet,
      `Microsoft.OData.ODataException: An undeclared property '${name}' which only has property annotations in the payload but no property value was found in the payload. In OData, only declared navigation properties and declared named streams can be represented as properties without values.`,
    );
  }
  const { column } = navigation;
  if (given === null) return { column, value: null };
  if (typeof given !== 'string')
    throw payloadProblem(table.entitySet, 'Microsoft.OData.ODataException: A bind value must be a URL.');
  return { column, value: bindTarget(given, navigation, organization) };
}

function requireSystemRequired(change: Change, table: Table): void {
  for (const [name, value] of change) {
    if (value !== null || table.columns.get(name)?.required !== 'SystemRequired') continue;
    throw problem('requiredFieldMissing', `The required field '${name}' of entity '${table.name}' cannot be empty.`);
  }
}
