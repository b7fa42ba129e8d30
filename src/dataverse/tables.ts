/** The two tables that hold people, and what is known of one of them. */
import type { Entity, FieldSchema, SideSchema, Table } from '../core/types';

export const TABLES = ['contact', 'lead'] as const satisfies readonly Table[];

interface TableNames {
  readonly entitySet: string;
  readonly idColumn: string;
  /** As Marketo users see it. */
  readonly screenName: string;
}

export const NAMES: Readonly<Record<Table, TableNames>> = {
  contact: { entitySet: 'contacts', idColumn: 'contactid', screenName: 'Contact' },
  lead: { entitySet: 'leads', idColumn: 'leadid', screenName: 'Lead' },
};

export interface Column {
  readonly field: FieldSchema;
  /** The name in `$select`; absent when the column cannot be read by anyone. */
  readonly select?: string;
  readonly lookup: boolean;
}

export type Columns = ReadonlyMap<string, Column>;

/** What the environment said about itself, in the form that requests need. */
export interface Model {
  readonly schema: SideSchema;
  readonly columns: Readonly<Record<Table, Columns>>;
}

export const isTable = (entity: Entity): entity is Table => entity !== 'person';

/** Lookups are read as `_x_value`, which is the only name `$select` and answers know them by. */
export const LOOKUP_TYPES: ReadonlySet<string> = new Set(['Lookup', 'Customer', 'Owner']);

/** The path of one record. The id must be a GUID: it becomes part of a URL. */
export const recordPath = (table: Table, id: string): string => `${NAMES[table].entitySet}(${id})`;
