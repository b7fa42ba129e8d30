/** Finds people by the value of a field. */
import type { Failure, FindQuery, Result } from '../core/ports';
import type { Snapshot } from '../core/types';
import { sendInBatches, strayAnswer } from './batches';
import { readLeads } from './leads';
import type { PeopleReader } from './people';

type Found = Result<readonly Snapshot[]>;

/**
 * For each value everybody who has it. Marketo compares without regard to case, and so is the answer divided among the values; whoever fits
 * none of them exactly belongs to none.
 */
export async function findPeople({ api, book }: PeopleReader, query: FindQuery): Promise<Found[]> {
  const { by } = query;
  const fields = [...new Set([...query.fields, by])];
  const searchable = [...new Set(query.values.map(fold))].filter((value) => value !== '' && !value.includes(','));
  const answers = await sendInBatches<string, readonly Snapshot[]>(
    searchable,
    async (values) => {
      const people = await readLeads(api, book, { filterType: by, values, fields });
      if ('failure' in people) return people;
      // People found by a field that is not shown cannot be divided, and must not look like nobody.
      if (by !== 'id' && people.ok.some((person) => !(by in person.values))) return { failure: strayAnswer };
      const valueOf = ({ id, values: held }: Snapshot): string => (by === 'id' ? id : fold(String(held[by] ?? '')));
      return { ok: values.map((value): Found => ({ ok: people.ok.filter((person) => valueOf(person) === value) })) };
    },
    isTooMany,
  );
  const found = new Map(searchable.map((value, index) => [value, answers[index]]));
  return query.values.map(fold).map((value): Found => {
    if (value.includes(',')) return { failure: notSearchable(by) };
    const answer = found.get(value) ?? { ok: [] };
    return 'failure' in answer && isTooMany(answer.failure) ? { failure: tooMany(answer.failure) } : answer;
  });
}

const fold = (value: string): string => value.trim().toLowerCase();

/** Over 1,000 matches Marketo answers none of them: 1003 "Too many results match the filter". */
const isTooMany = ({ code, message }: Failure): boolean => code === '1003' && /too many/i.test(message);

/** One value that more than a thousand people share is that value's own trouble. */
const tooMany = (failure: Failure): Failure => ({ ...failure, kind: 'rejected', scope: 'record' });

/** Commas separate the values and cannot be escaped. Nothing found would mean that a second person may be created. */
const notSearchable = (by: string): Failure => ({
  kind: 'rejected',
  scope: 'record',
  code: 'notSearchable',
  field: by,
  message: `Marketo cannot be searched for a value of ${by} that has a comma in it`,
});
