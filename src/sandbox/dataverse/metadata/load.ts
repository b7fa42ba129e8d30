/** Builds the model from the data files: one line per table in `tables.tsv`, one line per column in `columns/<table>.tsv`. */
import { describedBy } from './describedBy';
import { guidOf } from './ids';
import {
  type Access,
  type AlternateKey,
  type Collection,
  type Column,
  type ColumnType,
  type Model,
  type Navigation,
  type Option,
  propertyOf,
  type RequiredLevel,
  type Table,
  type Target,
} from './model';
import { cell, type Line, readTsv } from './tsv';

/** Enough for what others call a sandbox with alternate keys: one Active key of a single text column. */
const KEYS: Readonly<Record<string, readonly AlternateKey[]>> = {
  account: [{ name: 'sandbox_accountnumber', label: 'Account Number', columns: ['accountnumber'] }],
};

let loaded: Model | undefined;

/** The model, which never changes: read once per process. */
export function loadModel(): Model {
  loaded ??= buildModel();
  return loaded;
}

function buildModel(): Model {
  const lines = readTsv('tables.tsv');
  const columnsOf = new Map(lines.map((line) => [cell(line, 'name'), readColumns(cell(line, 'name'))]));
  const everyColumn = [...columnsOf.values()].flat();
  const tables = new Map(
    lines.map((line) => {
      const name = cell(line, 'name');
      return [name, buildTable(line, columnsOf.get(name) ?? [], everyColumn)] as const;
    }),
  );
  const bySet = new Map([...tables.values()].map((table) => [table.entitySet, table]));
  return {
    tables,
    table(name) {
      const table = tables.get(name);
      if (table === undefined) throw new Error(`The sandbox has no table ${name}`);
      return table;
    },
    byEntitySet: (entitySet) => bySet.get(entitySet),
  };
}

function buildTable(line: Line, columns: readonly Column[], everyColumn: readonly Column[]): Table {
  const name = cell(line, 'name');
  const features = cell(line, 'features');
  const selectable = columns.filter(({ attributeOf }) => attributeOf === undefined);
  return {
    name,
    metadataId: guidOf('table', name),
    entitySet: cell(line, 'set'),
    schemaName: cell(line, 'schema'),
    label: cell(line, 'label'),
    pluralLabel: cell(line, 'plural'),
    objectTypeCode: Number(cell(line, 'otc')),
    primaryId: `${name}id`,
    primaryName: cell(line, 'primaryname') || undefined,
    ownership: cell(line, 'ownership') as Table['ownership'],
    changeTracking: features.includes('t'),
    optimisticConcurrency: features.includes('c'),
    keys: KEYS[name] ?? [],
    columns: new Map(columns.map((column) => [column.name, column])),
    properties: new Map(selectable.map((column) => [propertyOf(column), column])),
    navigations: navigationsOf(columns),
    collections: new Map(collectionsOf(name, everyColumn).map((collection) => [collection.name, collection])),
  };
}

function navigationsOf(columns: readonly Column[]): Map<string, Navigation> {
  const navigations = new Map<string, Navigation>();
  for (const column of columns) {
    for (const { navigation: name } of column.targets) {
      const targets = column.targets.filter(({ navigation }) => navigation === name);
      if (name !== '') navigations.set(name, { name, column, targets });
    }
  }
  return navigations;
}

function collectionsOf(table: string, everyColumn: readonly Column[]): Collection[] {
  return everyColumn.flatMap((column) =>
    column.targets
      .filter((target) => target.table === table && target.relationship !== '')
      .map((target) => ({ name: target.relationship, table: column.table, column })),
  );
}

function readColumns(table: string): Column[] {
  const real = readTsv(`columns/${table}.tsv`).map((line) => columnOf(table, line));
  const known = new Set(real.map(({ name }) => name));
  return [...real, ...real.flatMap(describedBy).filter(({ name }) => !known.has(name))];
}

function columnOf(table: string, line: Line): Column {
  const name = cell(line, 'name');
  const type = cell(line, 'type') as ColumnType;
  return {
    table,
    name,
    schemaName: cell(line, 'schema'),
    metadataId: guidOf('column', table, name),
    label: cell(line, 'label'),
    type,
    attributeOf: type === 'EntityName' ? name.replace(/type$/, '') : undefined,
    validFor: accessOf(cell(line, 'access')),
    securable: accessOf(cell(line, 'securable')),
    required: (cell(line, 'required') || 'None') as RequiredLevel,
    maxLength: numberOf(cell(line, 'maxlength')),
    range: rangeOf(cell(line, 'range')),
    precision: numberOf(cell(line, 'precision')),
    format: cell(line, 'format') || undefined,
    behavior: cell(line, 'behavior') || undefined,
    targets: partsOf(cell(line, 'targets')).map(targetOf),
    options: partsOf(cell(line, 'options')).map((text) => optionOf(text, type)),
    defaultValue: defaultOf(cell(line, 'default')),
  };
}

const accessOf = (letters: string): Access => ({
  read: letters.includes('r'),
  create: letters.includes('c'),
  update: letters.includes('u'),
});

function targetOf(text: string): Target {
  const [table = '', navigation = '', relationship = ''] = text.split(':');
  return { table, navigation, relationship };
}

/** `1=Hot`; `3@1=Qualified` for a status of state 1; `1@3=Qualified` for a state whose status is 3 unless told otherwise. */
function optionOf(text: string, type: ColumnType): Option {
  const [, value, partner, label = ''] = /^(-?\d+)(?:@(\d+))?=(.*)$/.exec(text) ?? [];
  const option = { value: Number(value), label };
  if (partner === undefined) return option;
  return type === 'State' ? { ...option, defaultStatus: Number(partner) } : { ...option, state: Number(partner) };
}

function defaultOf(text: string): number | boolean | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  return numberOf(text);
}

function rangeOf(text: string): Column['range'] {
  const [min, max] = text.split('..');
  return max === undefined ? undefined : { min: Number(min), max: Number(max) };
}

const numberOf = (text: string): number | undefined => (text === '' ? undefined : Number(text));

const partsOf = (text: string): string[] => (text === '' ? [] : text.split('|'));
