/** Picklists: Dynamics holds an option's number, Marketo its label (or, in a number field, the number). */
import { isTextField } from './fieldTypes';
import { tidy } from './text';
import type { FieldPlan, FieldSchema, OptionLabel, SideName } from './types';

type Present = string | number | boolean;

/** Marketo holds several labels in one text field, as its own forms do. */
const MARKETO_SEPARATOR = ';';
const DYNAMICS_SEPARATOR = ',';

const fold = (label: string): string => (tidy(label) ?? '').toLowerCase();

/** The column with its labels in another language; an option without a label in it keeps the one of the base language. */
export function speaking(schema: FieldSchema, language: number | undefined): FieldSchema {
  if (language === undefined || schema.options === undefined) return schema;
  const options = schema.options.map((option) => ({ ...option, label: option.labels?.[language] ?? option.label }));
  return { ...schema, options };
}

interface Index {
  readonly byLabel: ReadonlyMap<string, number>;
  /** Of options with one label the first stands for all: in Marketo nobody could tell them apart. */
  readonly byValue: ReadonlyMap<number, number>;
}

/** Lists of options are long and looked into for every record; an index of each is kept for as long as its list is. */
const indexes = new WeakMap<readonly OptionLabel[], Index>();

function indexOf(options: readonly OptionLabel[]): Index {
  const known = indexes.get(options);
  if (known !== undefined) return known;
  const byLabel = new Map<string, number>();
  const byValue = new Map<number, number>();
  for (const { value, label } of options) {
    const folded = fold(label);
    if (folded !== '' && !byLabel.has(folded)) byLabel.set(folded, value);
    byValue.set(value, byLabel.get(folded) ?? value);
  }
  // Texts written before the language was chosen, or by somebody who speaks another one, still say which option they mean.
  for (const { value, labels = {} } of options)
    for (const label of Object.values(labels)) {
      const folded = fold(label);
      if (folded !== '' && !byLabel.has(folded)) byLabel.set(folded, byValue.get(value) ?? value);
    }
  const index = { byLabel, byValue };
  indexes.set(options, index);
  return index;
}

const NONE: readonly OptionLabel[] = [];

/** The option's number, or the text itself when there is no such option. */
export function readOption(field: FieldPlan, side: SideName, value: Present): Present {
  const { byLabel, byValue } = indexOf(field.dynamicsSchema.options ?? NONE);
  const holdsNumber = side === 'dynamics' || !isTextField(field.marketoSchema);
  if (holdsNumber && /^-?\d+$/.test(String(value))) return byValue.get(Number(value)) ?? Number(value);
  return byLabel.get(fold(String(value))) ?? value;
}

/** Several choices, without order or repetition. */
export function readOptions(field: FieldPlan, side: SideName, value: Present): readonly Present[] {
  const parts = String(value).split(side === 'dynamics' ? DYNAMICS_SEPARATOR : MARKETO_SEPARATOR);
  const options = parts.flatMap((part) => {
    const text = tidy(part);
    return text === null ? [] : [readOption(field, side, text)];
  });
  return [...new Set(options)].sort((a, b) => (String(a) < String(b) ? -1 : 1));
}

/** What `side` holds for `option`; `undefined` when it cannot express it. */
export function writeOption(field: FieldPlan, side: SideName, option: Present): string | number | undefined {
  const known = field.dynamicsSchema.options?.find((candidate) => candidate.value === option);
  if (known === undefined) return undefined;
  if (side === 'dynamics' || !isTextField(field.marketoSchema)) return known.value;
  return tidy(known.label) ?? undefined;
}

export function writeOptions(field: FieldPlan, side: SideName, options: readonly Present[]): string | undefined {
  const parts = options.map((option) => writeOption(field, side, option));
  const separator = side === 'dynamics' ? DYNAMICS_SEPARATOR : MARKETO_SEPARATOR;
  const expressible = parts.every((part) => part !== undefined && !String(part).includes(separator));
  return expressible ? parts.join(separator) : undefined;
}
