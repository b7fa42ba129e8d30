/** Which column a refusal speaks of. Dataverse has no member for it: the name stands in the sentence. */

export interface FieldHints {
  /** Columns of the refused write. */
  readonly sent?: readonly string[];
  /** The column with this name on the screens. */
  readonly columnLabelled?: (label: string) => string | undefined;
}

/** Sentences that name the column by its logical name. */
const BY_NAME: readonly RegExp[] = [
  /length of the '([^']+)' attribute/i, // 0x80044331
  /value .* of '([^']+)' on record of type/i, // 0x8004431a, 0x8004432f, 0x80044330
  /property named '([^']+)'/i, // 0x80060888
  /undeclared property '([^']+)'/i, // 0x80048d19
  /field '([^']+)' contains/i, // 0x80040278
];

/** Column security gives the name that people see: "... update permissions to a Email secured field on entity ...". */
const BY_LABEL = /permissions? to an? (.+?) secured field/i;

/**
 * The logical name of the column, as far as the sentence tells. When no known sentence fits (plug-ins write their own) the one sent column
 * that is mentioned counts: whoever uses it proves it by sending the rest again without that column.
 */
export function namedField(message: string, hints: FieldHints): string | undefined {
  for (const pattern of BY_NAME) {
    const name = pattern.exec(message)?.[1];
    if (name !== undefined) return logicalName(name);
  }
  const label = BY_LABEL.exec(message)?.[1];
  if (label !== undefined) return hints.columnLabelled?.(label) ?? hints.sent?.find((column) => column === label.toLowerCase());
  const words = new Set(message.toLowerCase().match(/[a-z][a-z0-9_]*/g));
  const mentioned = (hints.sent ?? []).filter((column) => words.has(column));
  return mentioned.length === 1 ? mentioned[0] : undefined;
}

/** `_ownerid_value`, `ownerid@odata.bind` and `ownerid` are one column to us. */
const logicalName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/@.*$/, '')
    .replace(/^_(.+)_value$/, '$1');
