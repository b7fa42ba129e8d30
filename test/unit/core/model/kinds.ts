/** Every kind of field, with the values that the exhaustive comparison is made on. */
import type { FieldPlan, RawValue, SideName, Snapshot } from '../../../../src/core/types';
import { alike, BLANK, EMPTY, SAMPLES, type Twin } from '../samples';
import { field, type FieldOptions, person, row } from '../support';
import type { Meaning } from './model';

/** What a side can hold: not readable, nothing, blank text, one value in two forms that mean the same, and two others. */
export const TOKENS = ['unread', 'null', 'blank', 'a', 'again', 'b', 'c'] as const;
export type Token = (typeof TOKENS)[number];

export interface Kind {
  readonly name: string;
  readonly make: (options: FieldOptions) => FieldPlan;
  readonly forms: Readonly<Partial<Record<Token, Twin>>>;
  /** The meaning of nothing: for consent flags it is "no". */
  readonly nothing: Meaning;
  readonly optOut?: string;
  readonly oneWayOnly?: true;
}

const forms = (own: Partial<Record<Token, Twin>>): Kind['forms'] => ({ null: EMPTY, blank: BLANK, ...own });

const choices: Kind = {
  name: 'several choices',
  make: (options) => field('picklist', { ...options, onDynamics: { vendorType: 'MultiSelectPicklist', ...options.onDynamics } }),
  forms: forms({
    a: { marketo: 'Advertisement;Web', dynamics: '1,8' },
    again: { marketo: 'web; Advertisement', dynamics: '8,1' },
    b: { marketo: 'Web', dynamics: '8' },
    c: { marketo: 'Employee Referral', dynamics: '2' },
  }),
  nothing: null,
};
const consent: Kind = {
  name: 'consent',
  make: (options) => field('boolean', { ...options, consent: true }),
  forms: forms({ a: alike(false), again: { marketo: 'no', dynamics: false }, b: alike(true) }),
  nothing: 'a',
  optOut: 'b',
};
const lookupName: Kind = {
  name: 'lookup by name',
  make: (options) => field('lookup', { ...options, lookupAs: 'name' }),
  forms: forms({ a: alike('Sam Sales'), again: alike(' Sam Sales '), b: alike('Ann Other'), c: alike('Kim Third') }),
  nothing: null,
  oneWayOnly: true,
};
const lookupId: Kind = {
  name: 'lookup by id',
  make: (options) => field('lookup', { ...options, lookupAs: 'id' }),
  forms: forms({ a: alike('0a-1'), again: alike('0A-1'), b: alike('0b-2'), c: alike('0c-3') }),
  nothing: null,
  oneWayOnly: true,
};

export const KINDS: readonly Kind[] = [
  ...(Object.entries(SAMPLES) as [keyof typeof SAMPLES, (typeof SAMPLES)[keyof typeof SAMPLES]][]).map(
    ([type, { a, again, b, c }]): Kind => ({
      name: type,
      make: (options) => field(type, options),
      // Flags have no third value.
      forms: forms({ a, again, b, ...(type === 'boolean' ? {} : { c }) }),
      nothing: null,
    }),
  ),
  choices,
  consent,
  lookupName,
  lookupId,
];

export const tokensOf = (kind: Kind): readonly Token[] => TOKENS.filter((token) => token === 'unread' || token in kind.forms);

export function rawOf(kind: Kind, side: SideName, token: Token): RawValue {
  return kind.forms[token]?.[side] ?? null;
}

export function meaningOf(kind: Kind, token: Token): Meaning | undefined {
  if (token === 'unread') return undefined;
  if (token === 'null' || token === 'blank') return kind.nothing;
  return token === 'again' ? 'a' : token;
}

/** What a value means that the code came up with; a form nobody listed means itself, and so equals no meaning. */
export function meaningOfRaw(kind: Kind, side: SideName, raw: RawValue): Meaning {
  const token = tokensOf(kind).find((one) => one !== 'unread' && rawOf(kind, side, one) === raw);
  return token === undefined ? `unknown form ${JSON.stringify(raw)}` : (meaningOf(kind, token) ?? null);
}

/** One side's half of the pair, holding `token` in each field. */
export function half(kind: Kind, side: SideName, held: readonly (readonly [FieldPlan, Token])[]): Snapshot {
  const readable = held.filter(([, token]) => token !== 'unread');
  const values = Object.fromEntries(
    readable.map(([one, token]) => [side === 'marketo' ? one.marketo : one.column, rawOf(kind, side, token)]),
  );
  if (side === 'marketo') return person(values);
  // A lookup's name comes as a label beside its id, and none comes where the lookup is empty.
  if (kind.name !== 'lookup by name') return row(values);
  const ids = Object.fromEntries(Object.keys(values).map((column) => [column, isNothing(values[column]) ? null : 'some-guid']));
  return row(ids, { labels: values as Record<string, string> });
}

const isNothing = (raw: RawValue | undefined): boolean => raw === null || String(raw).trim() === '';
