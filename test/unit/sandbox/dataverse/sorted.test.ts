import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createSortedIds } from '../../../../src/sandbox/dataverse/rows/sorted';

const id = fc.integer({ min: 0, max: 9_999 }).map((number) => String(number).padStart(4, '0'));

test('ids come in order, behind any other, whatever was added and taken away before', () => {
  const step = fc.record({ id, isAdded: fc.boolean() });
  fc.assert(
    fc.property(fc.array(id), fc.array(step, { maxLength: 200 }), id, (first, steps, place) => {
      const expected = new Set(first);
      const ids = createSortedIds(expected);
      for (const one of steps) {
        ids[one.isAdded ? 'add' : 'remove'](one.id);
        expected[one.isAdded ? 'add' : 'delete'](one.id);
      }
      const sorted = [...expected].sort();
      expect([...ids.after()]).toEqual(sorted);
      expect([...ids.after(place)]).toEqual(sorted.filter((one) => one > place));
    }),
  );
});

test('many thousands of them, added upwards, downwards and in between, then all taken away', () => {
  const all = Array.from({ length: 9_000 }, (_, i) => String(i).padStart(4, '0'));
  const ids = createSortedIds(all.filter((_, i) => i % 3 === 0));
  for (const one of all.filter((_, i) => i % 3 === 1)) ids.add(one);
  for (const one of all.filter((_, i) => i % 3 === 2).toReversed()) ids.add(one);
  expect([...ids.after()]).toEqual(all);
  expect([...ids.after('4499')]).toEqual(all.slice(4_500));
  for (const one of all.toReversed()) ids.remove(one);
  expect([...ids.after()]).toEqual([]);
  ids.add('5000');
  expect([...ids.after()]).toEqual(['5000']);
});
