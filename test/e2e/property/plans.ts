/** What is drawn: who there is in a stream, what happens to them in each round, and the weather that all streams of a batch share. */
import * as fc from 'fast-check';

/** Marketo field and Dynamics column. */
export const FIELDS = {
  firstName: 'firstname',
  title: 'jobtitle',
  phone: 'telephone1',
  city: 'address1_city',
  unsubscribed: 'donotbulkemail',
} as const;
export type Field = keyof typeof FIELDS;
export type Side = 'marketo' | 'dynamics';
export type RowTable = 'contacts' | 'leads';
export type Value = string | boolean | null;

/** The value that a rule refuses while it is in force. */
export const GAMMA = 'Gamma';

/** Where a human is known when the stream begins; `both` are two records that find each other by their e-mail. */
export interface Origin {
  readonly person: boolean;
  readonly row: RowTable | undefined;
}

export interface Edit {
  readonly do: 'edit';
  readonly side: Side;
  readonly who: number;
  readonly field: Field;
  readonly value: Value;
}

export type Step =
  | Edit
  | { readonly do: 'request'; readonly who: number; readonly syncAs: 'contact' | 'lead' }
  | { readonly do: 'createRow' | 'createPerson' | 'removeRow' | 'removePerson' | 'qualify'; readonly who: number }
  | { readonly do: 'mergePeople' | 'mergeRows'; readonly who: number; readonly other: number };

export interface StreamPlan {
  readonly origins: readonly Origin[];
  /** A cycle follows each round. */
  readonly rounds: readonly (readonly Step[])[];
}

/** What administrators do, to everybody at once: in force during a round and the cycle after it. */
export interface Weather {
  /** The sync may neither read nor write the contacts' job title. */
  readonly secured: boolean;
  /** Dynamics refuses the job title Gamma, whoever writes it. */
  readonly refusing: boolean;
}

const HUMANS = 4;
const ROUNDS = 6;
const MOST_STEPS = 8;

const who = fc.nat(HUMANS - 1);
const side = fc.constantFrom<Side>('marketo', 'dynamics');
const named = <T extends Step['do']>(...names: readonly T[]) => fc.constantFrom(...names);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({
      do: named('edit'),
      side,
      who,
      field: fc.constantFrom<Field>('firstName', 'title', 'phone', 'city'),
      value: fc.option(fc.constantFrom('Alpha', 'Beta', GAMMA, '+1 555 0101', 'Ünïcode'), { nil: null }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: named('edit'), side, who, field: fc.constant<Field>('unsubscribed'), value: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: named('request'), who, syncAs: fc.constantFrom('contact' as const, 'lead' as const) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: named('createRow', 'createPerson', 'removeRow', 'removePerson', 'qualify'), who }),
  },
  { weight: 2, arbitrary: fc.record({ do: named('mergePeople', 'mergeRows'), who, other: who }) },
);

const origin = fc.constantFrom<Origin>(
  { person: true, row: undefined },
  { person: false, row: 'contacts' },
  { person: false, row: 'leads' },
  { person: true, row: 'contacts' },
  { person: true, row: 'leads' },
);

export const streamPlan: fc.Arbitrary<StreamPlan> = fc.record({
  origins: fc.array(origin, { minLength: HUMANS, maxLength: HUMANS }),
  rounds: fc.array(fc.array(step, { maxLength: MOST_STEPS, size: 'max' }), {
    minLength: ROUNDS,
    maxLength: ROUNDS,
    size: 'max',
  }),
});

const weather: fc.Arbitrary<readonly Weather[]> = fc.array(
  fc.record({
    secured: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    refusing: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  }),
  { minLength: ROUNDS, maxLength: ROUNDS, size: 'max' },
);

/** How fast-check is to draw, so that a stream found by its place in a batch is the same as the one that was played there. */
export const drawing = (seed: number) => ({ seed, unbiased: true });

/** The first `count` streams of a batch, in order. */
export function drawStreams(seed: number, count: number): readonly StreamPlan[] {
  const drawn: StreamPlan[] = [];
  fc.assert(
    fc.property(streamPlan, (plan) => void drawn.push(plan)),
    { ...drawing(seed), numRuns: count },
  );
  return drawn;
}

/** What all streams of a batch share. */
export interface Conditions {
  /** By round. */
  readonly weather: readonly Weather[];
  /**
   * After each round everybody waits until what the sync has put off is done, too: only then one play is like the other. Else they go on
   * at once, and may meet the sync in the middle of something.
   */
  readonly patient: boolean;
}

/** Batches with an even seed are patient. */
export function drawConditions(seed: number): Conditions {
  let drawn: readonly Weather[] = [];
  fc.assert(
    fc.property(weather, (rounds) => void (drawn = rounds)),
    { ...drawing(seed), numRuns: 1 },
  );
  return { weather: drawn, patient: seed % 2 === 0 };
}
