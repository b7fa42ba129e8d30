/** `$select` and `$expand`: which part of a row is shown, checked against the table before any row is read. */
import { noSuchProperty, uriProblem } from '../http/problem';
import { type Collection, type Column, type Model, type Navigation, propertyOf, type Table } from '../metadata/model';
import type { ExpandOptions, ShapeOptions } from './options';

export interface Shape {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly expansions: readonly Expansion[];
  /** What stands in parentheses behind the entity set in `@odata.context`; empty when everything is shown. */
  readonly context: string;
}

export type Expansion = { readonly name: string; readonly shape: Shape; readonly options: ExpandOptions['options'] } & (
  | { readonly navigation: Navigation }
  | { readonly collection: Collection }
);

/** Throws what the server says of a name that the table does not have. */
export function shapeOf(options: ShapeOptions, table: Table, model: Model): Shape {
  const columns = columnsOf(options.select, table);
  const expansions = options.expand.map((expand) => expansionOf(expand, table, model));
  const selected = options.select === undefined ? [] : columns.map(propertyOf);
  const expanded = expansions.map(({ name, shape }) => name + (shape.context === '' ? '()' : shape.context));
  const parts = [...selected, ...expanded];
  return { table, columns, expansions, context: parts.length === 0 ? '' : `(${parts.join(',')})` };
}

function columnsOf(select: readonly string[] | undefined, table: Table): Column[] {
  if (select === undefined) return [...table.properties.values()].filter(({ validFor }) => validFor.read);
  const columns = select.map((name) => {
    const column = table.properties.get(name);
    if (column === undefined || !column.validFor.read) throw noSuchProperty(name, table.name);
    return column;
  });
  // Money is worth nothing without its currency.
  const currency = table.properties.get('_transactioncurrencyid_value');
  if (currency !== undefined && columns.some(({ type }) => type === 'Money')) columns.push(currency);
  return [...new Set(columns)];
}

function expansionOf({ name, options }: ExpandOptions, table: Table, model: Model): Expansion {
  const navigation = table.navigations.get(name);
  if (navigation !== undefined) {
    const [target] = navigation.targets;
    return { name, navigation, options, shape: shapeOf(options, model.table(target?.table ?? ''), model) };
  }
  const collection = table.collections.get(name);
  if (collection !== undefined)
    return { name, collection, options, shape: shapeOf(options, model.table(collection.table), model) };
  if (table.properties.has(name)) {
    throw uriProblem(
      `Property '${name}' on type 'Microsoft.Dynamics.CRM.${table.name}' is not a navigation property or complex property. Only navigation properties can be expanded.`,
    );
  }
  throw noSuchProperty(name, table.name);
}
