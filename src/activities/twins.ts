/** The people that rows without a person might be: those that carry a row's GUID, and those that have its e-mail. */
import { emailKey } from '../core/match';
import type { Failure, Result } from '../core/ports';
import type { Snapshot } from '../core/types';
import type { Remotes } from './deps';
import type { Plans } from './planBook';

/** Column that carries the e-mail on both tables. */
export const EMAIL_COLUMN = 'emailaddress1';

export interface LonelyRow {
  readonly dynamics: Snapshot;
  /** False: an operator has said that nobody with its e-mail is the same human. */
  readonly byEmail: boolean;
}

export interface TwinSearch {
  /**
   * Nobody is looked for by the GUID of a row whose e-mail nobody has, nor by that of one without an e-mail where nobody who was found knows of
   * Dynamics: such a row gets a person, and Marketo refuses to make a second one with its GUID. That saves an initial load every fourth call.
   */
  readonly frugal: boolean;
}

export type Twins = { of(row: Snapshot): readonly Snapshot[] } | { readonly failure: Failure };

/** Looks for the twins of all rows together, 300 a call. */
export async function findTwins(
  { marketo }: Pick<Remotes, 'marketo'>,
  plans: Plans,
  rows: readonly LonelyRow[],
  { frugal }: TwinSearch,
): Promise<Twins> {
  const emailOf = new Map(
    rows.map(({ dynamics, byEmail }) => [dynamics.id, byEmail ? emailKey(dynamics.values[EMAIL_COLUMN]) : undefined]),
  );
  const find = async (by: string, values: readonly string[]): Promise<Found> =>
    values.length === 0
      ? { ok: new Map() }
      : foundBy(values, await marketo.find({ entity: 'person', by, values, fields: plans.fields.person }));
  const emails = [...new Set([...emailOf.values()].flatMap((email) => email ?? []))];
  const searchByEmail = find('email', emails);
  const guids = frugal ? doubtful(emailOf, await searchByEmail) : [...emailOf.keys()];
  const [byEmail, byGuid] = await Promise.all([searchByEmail, find('microsoftId', guids)]);
  if ('failure' in byEmail) return byEmail;
  if ('failure' in byGuid) return byGuid;
  return {
    of(row) {
      const email = emailOf.get(row.id);
      const all = [...(byGuid.ok.get(row.id) ?? []), ...(email === undefined ? [] : (byEmail.ok.get(email) ?? []))];
      return [...new Map(all.map((person) => [person.id, person])).values()];
    },
  };
}

/** People by what they were found by. */
type Found = Result<ReadonlyMap<string, readonly Snapshot[]>>;

function foundBy(values: readonly string[], answers: readonly Result<readonly Snapshot[]>[]): Found {
  const people = new Map<string, readonly Snapshot[]>();
  for (const [index, value] of values.entries()) {
    const answer = answers[index];
    if (answer === undefined) continue;
    if ('failure' in answer) return answer;
    people.set(value, answer.ok);
  }
  return { ok: people };
}

/**
 * Rows that somebody else may carry the GUID of: one whose e-mail somebody has, because the GUID beats the e-mail; and one without an e-mail, if
 * this Marketo has been in sync with a Dynamics before.
 */
function doubtful(emailOf: ReadonlyMap<string, string | undefined>, byEmail: Found): readonly string[] {
  if ('failure' in byEmail) return [];
  const wasInSync = [...byEmail.ok.values()].flat().some((person) => guidOf(person) !== '');
  return [...emailOf].flatMap(([id, email]) => {
    if (email === undefined) return wasInSync ? [id] : [];
    const people = byEmail.ok.get(email) ?? [];
    return people.length === 0 || people.some((person) => guidOf(person) === id) ? [] : [id];
  });
}

const guidOf = ({ values }: Snapshot): string => String(values.microsoftId ?? '').toLowerCase();
