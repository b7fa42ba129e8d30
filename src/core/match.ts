/** Who might be the same human. */
import { tidy } from './text';
import type { RawValue, Snapshot } from './types';

/** Separators and brackets would be read as something else than one address, by people and by Marketo's filters. */
const ADDRESS = /^[^\s@,;<>"()]+@[^\s@,;<>"()]+$/;

/** The e-mail as it is matched by: both sides ignore its case. `undefined` when it is blank or no address. */
export function emailKey(raw: RawValue | undefined): string | undefined {
  const text = typeof raw === 'string' ? tidy(raw)?.toLowerCase() : undefined;
  return text !== undefined && text !== null && ADDRESS.test(text) ? text : undefined;
}

/** By what a person and a row were known for one human. The GUID was written by an earlier run, by a migration, or by hand. */
export function linkedBy(person: Snapshot, microsoftId: string): 'linkedByGuid' | 'linkedByEmail' {
  return String(person.values.microsoftId ?? '').toLowerCase() === microsoftId ? 'linkedByGuid' : 'linkedByEmail';
}

export type Twin = { readonly one: Snapshot } | { readonly several: readonly Snapshot[] } | { readonly none: true };

/** Exactly one candidate is a match; of several none is, because choosing would be a guess. */
export function chooseTwin(people: readonly Snapshot[]): Twin {
  const different = [...new Map(people.map((person) => [`${person.entity}/${person.id}`, person])).values()];
  const [first, ...others] = different;
  if (first === undefined) return { none: true };
  return others.length === 0 ? { one: first } : { several: different };
}
