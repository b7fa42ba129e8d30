import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { openJournal } from '../../../src/sandbox/journal';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  file = join(folder, 'sub', 'journal.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a process finds that starts now, while the one that wrote is killed at this moment. */
function found(table: string): Record<string, unknown> {
  return Object.fromEntries(openJournal(file).table(table));
}

describe('journal', () => {
  test('what was committed is found again, what was not is lost as a whole', () => {
    const journal = openJournal(file);
    const people = journal.table<{ name: string }>('people');
    people.set('1', { name: 'Ann' }).set('2', { name: 'Bob' });
    journal.table('other').set('1', 'x');
    journal.commit();
    people.set('1', { name: 'Anne' });
    people.delete('2');
    journal.table('other').set('1', 'y');
    expect([found('people'), found('other')]).toEqual([{ 1: { name: 'Ann' }, 2: { name: 'Bob' } }, { 1: 'x' }]);
    journal.commit();
    expect([found('people'), found('other')]).toEqual([{ 1: { name: 'Anne' } }, { 1: 'y' }]);
  });

  test('a commit is one line, and nothing is written when nothing changed', () => {
    const journal = openJournal(file);
    journal.table('a').set('1', 'line\nbreak').set('2', 2);
    journal.table('b').set('1', 1);
    journal.commit();
    journal.commit();
    expect(readFileSync(file, 'utf8')).toMatch(/^[^\n]+\n$/);
  });

  test('a last line without its end is cut off, so that the next commit stands on its own', () => {
    const journal = openJournal(file);
    journal.table('a').set('1', 1);
    journal.commit();
    appendFileSync(file, '[["a","1",2],["a","2"');
    const next = openJournal(file);
    expect([...next.table('a')]).toEqual([['1', 1]]);
    next.table('a').set('3', 3);
    next.close();
    expect(found('a')).toEqual({ 1: 1, 3: 3 });
  });

  test('a damaged line in the middle is reported with its place, not skipped', () => {
    writeFileSync(join(folder, 'damaged'), '[["a","1",1]]\n[["a",\n[["a","3",3]]\n');
    expect(() => openJournal(join(folder, 'damaged'))).toThrow(/damaged at byte 14/);
  });

  test('clear empties every table, and the file with the next commit', () => {
    const journal = openJournal(file);
    journal.table('a').set('1', 1);
    journal.commit();
    journal.clear();
    expect([journal.table('a').size, found('a')]).toEqual([0, { 1: 1 }]);
    journal.table('a').set('2', 2);
    journal.commit();
    journal.table('a').set('3', 3);
    journal.commit();
    expect(found('a')).toEqual({ 2: 2, 3: 3 });
  });

  test('a file that is mostly garbage is rewritten when it is opened, one that is not is left alone', () => {
    const journal = openJournal(file);
    for (let round = 0; round < 4; round++) {
      for (let key = 0; key < 3000; key++) journal.table('a').set(String(key), `${round}/${key}`);
      journal.commit();
    }
    const before = statSync(file).size;
    const reopened = openJournal(file);
    expect(statSync(file).size).toBeLessThan(before / 3);
    reopened.table('a').set('new', 1);
    reopened.close();
    const after = readFileSync(file, 'utf8');
    expect(Object.keys(found('a'))).toHaveLength(3001);
    expect(readFileSync(file, 'utf8')).toBe(after);
  });

  test('without a file it works in memory', () => {
    const journal = openJournal(undefined);
    journal.table('a').set('1', 1);
    journal.commit();
    expect(journal.table('a').get('1')).toBe(1);
    journal.close();
  });

  test('after any sequence of changes, a reopened journal equals the tables at the last commit', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    // A line of JSON has no -0: what a table may hold is what comes back from one.
    const value = fc.jsonValue().map((any) => JSON.parse(JSON.stringify(any)) as unknown);
    const step = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, value }),
      fc.record({ do: fc.constant('delete' as const), key }),
      fc.record({ do: fc.constantFrom('commit' as const, 'clear' as const, 'reopen' as const) }),
    );
    let run = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const path = join(folder, `run-${run++}`);
        let journal = openJournal(path);
        let committed = new Map<string, unknown>();
        for (const one of steps) {
          const table = journal.table<unknown>('t');
          if (one.do === 'set') table.set(one.key, one.value);
          else if (one.do === 'delete') table.delete(one.key);
          else if (one.do === 'clear') journal.clear();
          else if (one.do === 'commit') {
            journal.commit();
            committed = new Map(table);
          } else journal = openJournal(path);
          if (one.do === 'reopen') expect(new Map(journal.table('t'))).toEqual(committed);
        }
        expect(new Map(openJournal(path).table('t'))).toEqual(committed);
      }),
      { numRuns: 60 },
    );
  });
});
