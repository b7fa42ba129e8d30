/** What the sandbox knows about its tables: the words of Dataverse's metadata, without their verbosity. */

export type ColumnType =
  | 'BigInt'
  | 'Boolean'
  | 'Customer'
  | 'DateTime'
  | 'Decimal'
  | 'Double'
  | 'EntityName'
  | 'Integer'
  | 'Lookup'
  | 'Memo'
  | 'Money'
  | 'Owner'
  | 'Picklist'
  | 'State'
  | 'Status'
  | 'String'
  | 'Uniqueidentifier'
  | 'Virtual';

export type RequiredLevel = 'None' | 'SystemRequired' | 'ApplicationRequired' | 'Recommended';

export interface Option {
  readonly value: number;
  readonly label: string;
  /** Of a status: the state it belongs to. */
  readonly state?: number;
  /** Of a state: the status that goes with it unless told otherwise. */
  readonly defaultStatus?: number;
}

/** One table a lookup may point to. */
export interface Target {
  readonly table: string;
  /** The name by which payloads bind it and `$expand` follows it; empty for old lookups that are only read. */
  readonly navigation: string;
  /** The schema name of the relationship, which is also how the target's rows name the rows that point to them. */
  readonly relationship: string;
}

export interface Access {
  readonly read: boolean;
  readonly create: boolean;
  readonly update: boolean;
}

export interface Column {
  readonly table: string;
  readonly name: string;
  readonly schemaName: string;
  readonly metadataId: string;
  readonly label: string;
  readonly type: ColumnType;
  /** Set for columns that only describe another one (its label, its target's name): they are not in the OData model. */
  readonly attributeOf: string | undefined;
  readonly validFor: Access;
  readonly securable: Access;
  readonly required: RequiredLevel;
  readonly maxLength: number | undefined;
  readonly range: { readonly min: number; readonly max: number } | undefined;
  /** Digits after the point. */
  readonly precision: number | undefined;
  readonly format: string | undefined;
  /** `UserLocal`, `DateOnly` or `TimeZoneIndependent`; of date columns only. */
  readonly behavior: string | undefined;
  readonly targets: readonly Target[];
  readonly options: readonly Option[];
  /** What a new row gets that names no value. */
  readonly defaultValue: number | boolean | undefined;
}

/** From a row to the row its lookup points to. */
export interface Navigation {
  readonly name: string;
  readonly column: Column;
  /** Several for an owner only, which is a user or a team under one name. */
  readonly targets: readonly Target[];
}

/** From a row to the rows that point to it. */
export interface Collection {
  readonly name: string;
  readonly table: string;
  readonly column: Column;
}

/** An alternate key. */
export interface AlternateKey {
  readonly name: string;
  readonly label: string;
  readonly columns: readonly string[];
}

export interface Table {
  readonly name: string;
  readonly metadataId: string;
  readonly entitySet: string;
  readonly schemaName: string;
  readonly label: string;
  readonly pluralLabel: string;
  readonly objectTypeCode: number;
  readonly primaryId: string;
  readonly primaryName: string | undefined;
  readonly ownership: 'UserOwned' | 'BusinessOwned' | 'OrganizationOwned';
  readonly changeTracking: boolean;
  readonly optimisticConcurrency: boolean;
  readonly keys: readonly AlternateKey[];
  /** By logical name, those that describe others included. */
  readonly columns: ReadonlyMap<string, Column>;
  /** By the name that `$select`, `$filter` and JSON use: `_ownerid_value` for the lookup `ownerid`. */
  readonly properties: ReadonlyMap<string, Column>;
  readonly navigations: ReadonlyMap<string, Navigation>;
  readonly collections: ReadonlyMap<string, Collection>;
}

export interface Model {
  readonly tables: ReadonlyMap<string, Table>;
  /** Throws for a name that is no table: only for names known to exist. */
  table(name: string): Table;
  byEntitySet(entitySet: string): Table | undefined;
}

const LOOKUPS: ReadonlySet<ColumnType> = new Set<ColumnType>(['Customer', 'Lookup', 'Owner']);

export const isLookup = (column: Column): boolean => LOOKUPS.has(column.type);

/** How the column is called in URLs and JSON. */
export const propertyOf = (column: Column): string => (isLookup(column) ? `_${column.name}_value` : column.name);

export const isDateOnly = (column: Column): boolean => column.behavior === 'DateOnly';
