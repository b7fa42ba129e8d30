/** Whatever the filter, an index finds neither more nor fewer rows than looking at each of them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Dataverse, type Json } from './client';

let dataverse: Dataverse;
let rows: Json[];
beforeAll(async () => {
  dataverse = await Dataverse.start();
  for (let i = 0; i < 30; i++) {
    await dataverse.create('contacts', {
      lastname: ['Adams', 'BROWN', 'brown', "O'Hara"][i % 4],
      ...(i % 3 !== 0 && { emailaddress1: `p${i % 7}@Example.com` }),
      numberofchildren: i % 5,
      donotemail: i % 2 === 0,
    });
  }
  rows = await dataverse.rows('contacts?$select=lastname,emailaddress1,numberofchildren,donotemail');
});
afterAll(async () => dataverse.close());

interface Filter {
  readonly text: string;
  readonly holds: (row: Json) => boolean;
}

const fold = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

const equality: fc.Arbitrary<Filter> = fc
  .record({
    column: fc.constantFrom('lastname', 'emailaddress1', 'numberofchildren', 'donotemail'),
    negated: fc.boolean(),
    number: fc.nat(6),
  })
  .map(({ column, negated, number }) => {
    const values: Record<string, unknown> = {
      lastname: ['ADAMS', 'brown', "o'hara", 'nobody'][number % 4],
      emailaddress1: number === 6 ? null : `P${number}@example.com`,
      numberofchildren: number,
      donotemail: number % 2 === 0,
    };
    const value = values[column];
    const literal = typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
    return {
      text: `${column} ${negated ? 'ne' : 'eq'} ${literal}`,
      holds: (row) => (fold(row[column]) === fold(value)) !== negated,
    };
  });

const { filter } = fc.letrec<{ filter: Filter; both: Filter; either: Filter; not: Filter; equality: Filter }>((tie) => ({
  equality,
  both: fc
    .tuple(tie('filter'), tie('filter'))
    .map(([a, b]) => ({ text: `(${a.text} and ${b.text})`, holds: (row: Json) => a.holds(row) && b.holds(row) })),
  either: fc
    .tuple(tie('filter'), tie('filter'))
    .map(([a, b]) => ({ text: `(${a.text} or ${b.text})`, holds: (row: Json) => a.holds(row) || b.holds(row) })),
  not: tie('filter').map((a) => ({ text: `not (${a.text})`, holds: (row: Json) => !a.holds(row) })),
  filter: fc.oneof({ depthSize: 'small', withCrossShrink: true }, equality, tie('both'), tie('either'), tie('not')),
}));

test('the rows found are those for which the filter holds', async () => {
  await fc.assert(
    fc.asyncProperty(filter, async ({ text, holds }) => {
      const found = await dataverse.rows(`contacts?$select=contactid&$filter=${encodeURIComponent(text)}`);
      const ids = (list: readonly Json[]) => new Set(list.map((row) => row['contactid']));
      expect(ids(found)).toEqual(ids(rows.filter(holds)));
    }),
    { numRuns: 200 },
  );
});
