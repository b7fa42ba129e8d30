/**
 * The rules of reconciling one group of fields, said slowly. It knows meanings instead of values, one step after the other instead of
 * tables, and nothing of the code it is compared with. `null` is "nothing there"; `undefined` is "could not be read".
 */
export type Meaning = string | null;

export interface ModelField {
  /** What each side held when both last agreed; absent before they ever did. */
  readonly agreed?: readonly [marketo: Meaning, dynamics: Meaning] | undefined;
  readonly marketo: Meaning | undefined;
  readonly dynamics: Meaning | undefined;
  /** Direction of the mapping and permissions of the sync user together. */
  readonly mayWriteMarketo: boolean;
  readonly mayWriteDynamics: boolean;
  readonly write: 'always' | 'onlyIfEmpty' | 'neverClear';
  /** The meaning "do not", for consent flags. */
  readonly optOut?: string | undefined;
  /** Dynamics must not be left without a value. */
  readonly required?: boolean | undefined;
  /** A company field of a person with a linked company. */
  readonly companyLinked?: boolean | undefined;
}

export interface ModelPolicy {
  readonly table: 'lead' | 'contact';
  readonly winner?: 'marketo' | 'dynamics' | 'nonBlank' | 'review' | undefined;
}

type Side = 'marketo' | 'dynamics';

/** How a field stands afterwards, and what came of it. */
export interface ModelEnd {
  readonly marketo: Meaning | undefined;
  readonly dynamics: Meaning | undefined;
  readonly agreed: readonly [Meaning, Meaning] | undefined;
  readonly came: 'nothing' | 'agreed' | 'written' | 'stopped' | 'review' | 'refused';
}

export function model(fields: readonly ModelField[], policy: ModelPolicy): readonly ModelEnd[] {
  const asItWas = fields.map((field) => end(field, 'nothing'));
  // A value that could not be read is no clear: the whole group waits.
  if (fields.some((field) => field.marketo === undefined || field.dynamics === undefined)) return asItWas;

  const winner = whoWins(fields, policy);
  const ends = fields.map((field): ModelEnd => {
    if (field.marketo === field.dynamics) return end(field, isNews(field) ? 'agreed' : 'nothing', true);
    if (winner === 'nobody') return end(field, 'nothing');
    if (winner === 'aPerson') return end(field, 'review');
    return carryOver(field, winner);
  });
  // Half of a group must not go over: one refused field speaks for all of it.
  const refused = ends.findIndex(({ came }) => came === 'refused');
  return refused < 0 ? ends : fields.map((field, index) => end(field, index === refused ? 'refused' : 'nothing'));
}

function whoWins(fields: readonly ModelField[], policy: ModelPolicy): Side | 'nobody' | 'aPerson' {
  if (fields.every((field) => field.marketo === field.dynamics)) return 'nobody';

  // A side can only be a source when everything in the group may be written on the other side.
  const marketoIsSource = fields.every((field) => field.mayWriteDynamics);
  const dynamicsIsSource = fields.every((field) => field.mayWriteMarketo);
  if (!marketoIsSource && !dynamicsIsSource) return 'nobody';

  const marketoIsBlank = fields.every((field) => field.marketo === null);
  const dynamicsIsBlank = fields.every((field) => field.dynamics === null);

  if (fields.some((field) => field.agreed === undefined)) {
    // First match. An opt-out is never undone; then a blank loses; then whoever may be heard; then the collision rule.
    if (fields.every((field) => field.optOut !== undefined && field.marketo === field.optOut)) return 'marketo';
    if (fields.every((field) => field.optOut !== undefined && field.dynamics === field.optOut)) return 'dynamics';
    if (marketoIsBlank) return 'dynamics';
    if (dynamicsIsBlank) return 'marketo';
    if (!dynamicsIsSource) return 'marketo';
    if (!marketoIsSource) return 'dynamics';
    return byRule(policy);
  }

  // On a one-way field the target's edits are not changes.
  const marketoChanged = marketoIsSource && fields.some((field) => field.agreed && field.marketo !== field.agreed[0]);
  const dynamicsChanged = dynamicsIsSource && fields.some((field) => field.agreed && field.dynamics !== field.agreed[1]);
  if (!marketoChanged && !dynamicsChanged) return 'nobody';
  if (!dynamicsChanged) return 'marketo';
  if (!marketoChanged) return 'dynamics';

  // Collision.
  if (policy.winner === 'nonBlank' && marketoIsBlank) return 'dynamics';
  if (policy.winner === 'nonBlank' && dynamicsIsBlank) return 'marketo';
  return byRule(policy);
}

/** Marketo wins for leads, Dynamics wins for contacts, unless the field says otherwise. */
function byRule({ table, winner }: ModelPolicy): Side | 'aPerson' {
  if (winner === 'review') return 'aPerson';
  if (winner === 'marketo' || winner === 'dynamics') return winner;
  return table === 'lead' ? 'marketo' : 'dynamics';
}

function carryOver(field: ModelField, winner: Side): ModelEnd {
  const target = winner === 'marketo' ? 'dynamics' : 'marketo';
  const value = field[winner];
  const before = field[target];
  const mayBeWritten = target === 'marketo' ? field.mayWriteMarketo : field.mayWriteDynamics;
  const stopped =
    (field.write === 'onlyIfEmpty' && before !== null) ||
    (field.write === 'neverClear' && value === null) ||
    (field.companyLinked === true && target === 'marketo');
  // What may not go over is looked at once: from now on both sides are agreed to hold what they hold.
  if (!mayBeWritten || stopped) return end(field, 'stopped', true);
  if (field.required === true && target === 'dynamics' && value === null) return end(field, 'refused');
  return end({ ...field, [target]: value }, 'written', true);
}

/** Whether the two have not been known to hold just this. */
const isNews = ({ agreed, marketo, dynamics }: ModelField): boolean =>
  agreed === undefined || agreed[0] !== marketo || agreed[1] !== dynamics;

function end({ marketo, dynamics, agreed }: ModelField, came: ModelEnd['came'], agreedNow = false): ModelEnd {
  const now = agreedNow && marketo !== undefined && dynamics !== undefined ? ([marketo, dynamics] as const) : agreed;
  return { marketo, dynamics, agreed: now, came };
}
