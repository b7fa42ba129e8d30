/** The tables and their columns, read from the data files beside this folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { v5 as uuidV5 } from 'uuid';

export type RequiredLevel = 'None' | 'Recommended' | 'ApplicationRequired' | 'SystemRequired';

export interface Option {
  readonly value: number;
  readonly label: string;
  /** The state a status belongs to. */
  readonly state?: number;
}

export interface Column {
  readonly name: string;
  readonly label: string;
  /** Dataverse's AttributeType. */
  readonly type: string;
  readonly required: RequiredLevel;
  readonly maxLength?: number;
  readonly min?: number;
  readonly max?: number;
  readonly precision?: number;
  readonly dateOnly: boolean;
  readonly read: boolean;
  readonly create: boolean;
  readonly update: boolean;
  readonly options: readonly Option[];
  readonly targets: readonly string[];
  readonly metadataId: string;
}

export interface Table {
  readonly name: string;
  readonly setName: string;
  readonly idColumn: string;
  /** As it stands in messages: `Contact`. */
  readonly label: string;
  readonly typeCode: number;
  readonly metadataId: string;
  readonly columns: ReadonlyMap<string, Column>;
}

const TABLES = [
  ['contact', 'contacts', 'Contact', 2],
  ['lead', 'leads', 'Lead', 4],
  ['account', 'accounts', 'Account', 1],
  ['systemuser', 'systemusers', 'User', 8],
  ['team', 'teams', 'Team', 9],
  ['businessunit', 'businessunits', 'Business Unit', 10],
  ['transactioncurrency', 'transactioncurrencies', 'Currency', 9105],
  ['organization', 'organizations', 'Organization', 1019],
] as const;

/** Metadata ids are the same in every sandbox, as those of standard columns are in every environment. */
const NAMESPACE = '3f2b7f5e-27a1-4c06-9d1f-0c4d5a3f9b11';
export const metadataIdOf = (name: string): string => uuidV5(name, NAMESPACE);

export const LOOKUPS: ReadonlySet<string> = new Set(['Lookup', 'Customer', 'Owner']);

/** How a column is called in answers, `$select` and `$filter`. */
export const wireName = (column: Column): string => (LOOKUPS.has(column.type) ? `_${column.name}_value` : column.name);

export const tables: ReadonlyMap<string, Table> = new Map(
  TABLES.map(([name, setName, label, typeCode]) => [
    name,
    { name, setName, label, typeCode, idColumn: `${name}id`, metadataId: metadataIdOf(name), columns: readColumns(name) },
  ]),
);

const bySet = new Map([...tables.values()].map((table) => [table.setName, table]));
export const tableOfSet = (setName: string): Table | undefined => bySet.get(setName);

function readColumns(table: string): ReadonlyMap<string, Column> {
  const [head = '', ...lines] = readFileSync(join(__dirname, '..', 'data', `${table}.tsv`), 'utf8')
    .trimEnd()
    .split('\n');
  const names = head.split('\t');
  return new Map(
    lines.map((line) => {
      const cells = line.split('\t');
      const cell = (name: string): string => cells[names.indexOf(name)] ?? '';
      const number = (name: string): number | undefined => (cell(name) === '' ? undefined : Number(cell(name)));
      return [cell('name'), toColumn(table, cell, number)];
    }),
  );
}

function toColumn(table: string, cell: (name: string) => string, number: (name: string) => number | undefined): Column {
  const optional = { maxLength: number('maxLength'), min: number('min'), max: number('max'), precision: number('precision') };
  return {
    name: cell('name'),
    label: cell('label'),
    type: cell('type'),
    required: cell('required') as RequiredLevel,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<Column>),
    dateOnly: cell('dateOnly') === 'true',
    read: cell('read') === 'true',
    create: cell('create') === 'true',
    update: cell('update') === 'true',
    options: cell('options') === '' ? [] : cell('options').split('|').map(toOption),
    targets: cell('targets') === '' ? [] : cell('targets').split(','),
    metadataId: metadataIdOf(`${table}.${cell('name')}`),
  };
}

/** `1=New@0`: value, label and, for a status, its state. */
function toOption(text: string): Option {
  const [, value = '', label = '', state] = /^(-?\d+)=(.*?)(?:@(\d+))?$/.exec(text) ?? [];
  return { value: Number(value), label, ...(state === undefined ? {} : { state: Number(state) }) };
}
