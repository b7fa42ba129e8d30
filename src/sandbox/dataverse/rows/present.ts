/** A row as JSON. */
import type { Preferences } from '../http/prefer';
import { type Column, propertyOf } from '../metadata/model';
import { searchFor } from '../query/search';
import type { Expansion, Shape } from '../query/shape';
import type { Scope } from '../query/scope';
import { valueOf } from './columnValue';
import { formatted } from './format';
import { etagOf, isReference, type Row, type Value } from './row';

const FORMATTED = 'OData.Community.Display.V1.FormattedValue';
const LOOKUP_TABLE = 'Microsoft.Dynamics.CRM.lookuplogicalname';
const LOOKUP_NAVIGATION = 'Microsoft.Dynamics.CRM.associatednavigationproperty';

export type RowJson = Record<string, unknown>;

/** The columns of the shape, the key and the etag; a secured column that the user may not read is null. */
export function present(row: Row, shape: Shape, scope: Scope, prefer: Preferences): RowJson {
  const body: RowJson = { '@odata.etag': etagOf(row) };
  for (const column of shape.columns) {
    const value = scope.organization.columnSecurity.canRead(scope.user, column) ? valueOf(row, column) : undefined;
    if (prefer.annotated && value !== undefined) annotate(body, column, value, scope, prefer);
    body[propertyOf(column)] = jsonOf(value);
  }
  body[shape.table.primaryId] = row.id;
  for (const expansion of shape.expansions) body[expansion.name] = expand(row, expansion, scope, prefer);
  return body;
}

export const jsonOf = (value: Value | undefined): string | number | boolean | null =>
  isReference(value) ? value.id : (value ?? null);

function annotate(body: RowJson, column: Column, value: Value, scope: Scope, prefer: Preferences): void {
  const property = propertyOf(column);
  if (isReference(value)) {
    const navigation = column.targets.find(({ table }) => table === value.table)?.navigation;
    if (navigation && prefer.wants(LOOKUP_NAVIGATION)) body[`${property}@${LOOKUP_NAVIGATION}`] = navigation;
    if (prefer.wants(LOOKUP_TABLE)) body[`${property}@${LOOKUP_TABLE}`] = value.table;
  }
  const text = prefer.wants(FORMATTED) ? formatted(column, value, scope.organization) : undefined;
  if (text !== undefined) body[`${property}@${FORMATTED}`] = text;
}

function expand(row: Row, expansion: Expansion, scope: Scope, prefer: Preferences): RowJson | RowJson[] | null {
  const { organization } = scope;
  if ('navigation' in expansion) {
    const reference = valueOf(row, expansion.navigation.column);
    // Of an owner, only a user is followed.
    if (!isReference(reference) || reference.table !== expansion.shape.table.name) return null;
    const other = organization.rows(reference.table).get(reference.id);
    return other === undefined ? null : present(other, expansion.shape, scope, prefer);
  }
  const { table, column } = expansion.collection;
  const pointing = organization.rows(table).find(column.name, row.id);
  const { options, shape } = expansion;
  const search = searchFor(options, shape.table, scope, undefined, pointing);
  return search.after(undefined, options.top ?? Number.POSITIVE_INFINITY).map((other) => present(other, shape, scope, prefer));
}
