/** Picklists: Dynamics holds an option's number, Marketo its label (or, in a number field, the number). */
import { isTextField } from './fieldTypes';
import { tidy } from './text';
import type { FieldPlan, SideName } from './types';

type Present = string | number | boolean;

/** Marketo holds several labels in one text field, as its own forms do. */
const MARKETO_SEPARATOR = ';';
const DYNAMICS_SEPARATOR = ',';

const fold = (label: string): string => (tidy(label) ?? '').toLowerCase();

/**
 * The option's number, or the text itself when there is no such option. Of options with one label the first stands for all: in
 * Marketo nobody could tell them apart.
 */
export function readOption(field: FieldPlan, side: SideName, value: Present): Present {
  const options = field.dynamicsSchema.options ?? [];
  const text = String(value);
  const holdsNumber = side === 'dynamics' || !isTextField(field.marketoSchema);
  if (holdsNumber && /^-?\d+$/.test(text)) {
    const label = options.find((option) => option.value === Number(text))?.label;
    return (label === undefined ? undefined : withLabel(field, label)) ?? Number(text);
  }
  return withLabel(field, text) ?? value;
}

function withLabel(field: FieldPlan, label: string): number | undefined {
  const wanted = fold(label);
  return wanted === '' ? undefined : field.dynamicsSchema.options?.find((option) => fold(option.label) === wanted)?.value;
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
