/** A row as it is stored. */

/** What a lookup holds. */
export interface Reference {
  readonly table: string;
  readonly id: string;
}

/** Text, dates (`2024-01-31`), times (`2024-01-31T08:00:00Z`, never with a fraction) and GUIDs (lower case) are strings. */
export type Value = string | number | boolean | Reference;

export interface Row {
  readonly id: string;
  /** The row version: one sequence for all tables, moved by every write. */
  readonly version: number;
  /** By column; a column without a value is absent. */
  readonly values: Readonly<Record<string, Value>>;
}

export const isReference = (value: Value | null | undefined): value is Reference => typeof value === 'object' && value !== null;

/** Only equality means anything to clients. */
export const etagOf = (row: Row): string => `W/"${row.version}"`;
