/**
 * What a sandbox knows, kept in memory and in one file of JSON lines. A process that is killed finds all the changes of a request
 * after a restart, or none of them: they are written as one line, before the request is answered.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A map whose changes are part of the next `commit`. Values are JSON and belong to the journal: change one, then `set` it again. */
export interface JournalTable<V> extends ReadonlyMap<string, V> {
  set(key: string, value: V): this;
  delete(key: string): boolean;
}

export interface Journal {
  /** The table of that name, always the same one. */
  table<V>(name: string): JournalTable<V>;
  /** Writes the changes since the last commit as one line. Returns once the operating system has them, which survives a `kill -9`. */
  commit(): void;
  /** Empties every table; the file follows with the next commit. */
  clear(): void;
  /** Commits and closes the file. */
  close(): void;
}

/** `[table, key, value]` was set, `[table, key]` was deleted. One line of the file is an array of these. */
type Entry = readonly [table: string, key: string, value?: unknown];

/** Rewriting pays only when it saves something. */
const FEWEST_ENTRIES_TO_REWRITE = 10_000;
/** Read and written at once; a string of the whole file would not fit into memory twice. */
const BLOCK_BYTES = 4 * 1024 * 1024;
const ENTRIES_PER_REWRITTEN_LINE = 500;
const NEWLINE = 0x0a;

/**
 * Opens the journal and reads it back; a last line without its end (the process died while writing) is cut off. When most of the file
 * is about values that have been replaced since, it is rewritten. Without `file` everything is kept in memory only.
 * Throws when a complete line is not one this wrote.
 */
export function openJournal(file: string | undefined): Journal {
  const tables = new Map<string, Table<unknown>>();
  const tableOf = (name: string): Table<unknown> => {
    let table = tables.get(name);
    if (table === undefined) tables.set(name, (table = new Table<unknown>()));
    return table;
  };
  let target: number | undefined;
  let cleared = false;

  const rewrite = (): void => {
    if (file === undefined) return;
    const temporary = `${file}.new`;
    const fresh = openSync(temporary, 'w');
    for (const line of linesOf(liveEntries(tables))) writeAll(fresh, line);
    renameSync(temporary, file);
    if (target !== undefined) closeSync(target);
    target = fresh;
  };
  const settle = (): void => {
    for (const table of tables.values()) table.changed.clear();
    cleared = false;
  };

  if (file !== undefined) {
    mkdirSync(dirname(file), { recursive: true });
    target = openSync(file, 'a+');
    let read = 0;
    replay(target, file, (entry) => {
      read += 1;
      if (entry.length === 3) tableOf(entry[0]).set(entry[1], entry[2]);
      else tableOf(entry[0]).delete(entry[1]);
    });
    settle();
    const live = [...tables.values()].reduce((sum, table) => sum + table.size, 0);
    if (read > FEWEST_ENTRIES_TO_REWRITE && read > 2 * live) rewrite();
  }

  const commit = (): void => {
    if (cleared) rewrite();
    else if (target !== undefined) {
      const entries = [...changedEntries(tables)];
      if (entries.length > 0) writeAll(target, lineOf(entries));
    }
    settle();
  };
  return {
    table: <V>(name: string) => tableOf(name) as unknown as JournalTable<V>,
    commit,
    clear() {
      for (const table of tables.values()) table.clear();
      cleared = true;
    },
    close() {
      commit();
      if (target !== undefined) closeSync(target);
      target = undefined;
    },
  };
}

/** A map that remembers which keys were touched; what became of them is looked up when it is written. */
class Table<V> extends Map<string, V> {
  readonly changed = new Set<string>();

  override set(key: string, value: V): this {
    // Undefined while the constructor of Map runs.
    this.changed?.add(key);
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    const existed = super.delete(key);
    if (existed) this.changed.add(key);
    return existed;
  }
}

function* changedEntries(tables: ReadonlyMap<string, Table<unknown>>): Generator<Entry> {
  for (const [name, table] of tables) {
    for (const key of table.changed) yield table.has(key) ? [name, key, table.get(key)] : [name, key];
  }
}

function* liveEntries(tables: ReadonlyMap<string, Table<unknown>>): Generator<Entry> {
  for (const [name, table] of tables) for (const [key, value] of table) yield [name, key, value];
}

function* linesOf(entries: Iterable<Entry>): Generator<string> {
  let waiting: Entry[] = [];
  for (const entry of entries) {
    waiting.push(entry);
    if (waiting.length < ENTRIES_PER_REWRITTEN_LINE) continue;
    yield lineOf(waiting);
    waiting = [];
  }
  if (waiting.length > 0) yield lineOf(waiting);
}

const lineOf = (entries: readonly Entry[]): string => `${JSON.stringify(entries)}\n`;

function writeAll(target: number, line: string): void {
  const bytes = Buffer.from(line, 'utf8');
  for (let written = 0; written < bytes.length; ) written += writeSync(target, bytes, written);
}

/** Hands over every entry of the file, oldest first, and cuts off a torn last line. */
function replay(target: number, file: string, take: (entry: Entry) => void): void {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let unfinished: Buffer[] = [];
  let offset = 0;
  let completeBytes = 0;
  for (;;) {
    const length = readSync(target, block, 0, BLOCK_BYTES, offset);
    if (length === 0) break;
    let start = 0;
    for (let end = block.indexOf(NEWLINE); end !== -1 && end < length; end = block.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...unfinished, block.subarray(start, end)]);
      for (const entry of parseLine(line, file, completeBytes)) take(entry);
      unfinished = [];
      start = end + 1;
      completeBytes = offset + start;
    }
    // The block is reused for the next read, hence a copy.
    if (start < length) unfinished.push(Buffer.from(block.subarray(start, length)));
    offset += length;
  }
  if (completeBytes < offset) ftruncateSync(target, completeBytes);
}

function parseLine(line: Buffer, file: string, at: number): readonly Entry[] {
  try {
    return JSON.parse(line.toString('utf8')) as readonly Entry[];
  } catch {
    throw new Error(`${file} is damaged at byte ${at}: delete the file to start with an empty sandbox.`);
  }
}
