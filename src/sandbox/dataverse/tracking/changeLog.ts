/** Which rows changed after a row version: each once, with its last state only, as change tracking reports them. */
import type { JournalTable } from '../../journal';
import type { Row } from '../rows/row';

export interface Deletion {
  readonly id: string;
  readonly version: number;
}

export interface ChangeLog {
  /** A row has been written or deleted, at this version. */
  note(id: string, version: number | undefined): void;
  /** Rows whose last write is after `since` and not after `upTo`, oldest first, at most `limit`. */
  changed(since: number, upTo: number, limit: number): readonly Row[];
  /** The same for deletions. A row that came and went in between is among them. */
  deleted(since: number, upTo: number, limit: number): readonly Deletion[];
}

/** An entry is stale once its row has moved on; stale ones are swept out when they are this many times as many as the live ones. */
const STALE_PER_LIVE = 1;
const FEWEST_TO_SWEEP = 10_000;

export function createChangeLog(rows: JournalTable<Row>, deletions: JournalTable<number>): ChangeLog {
  // Ascending by version. Built when first asked for: a restart would otherwise pay for it before anybody polls.
  let entries: Deletion[] | undefined;

  const isLive = ({ id, version }: Deletion): boolean => rows.get(id)?.version === version || deletions.get(id) === version;
  const build = (): Deletion[] => {
    const all = [...rows.values()].map(({ id, version }) => ({ id, version }));
    for (const [id, version] of deletions) all.push({ id, version });
    return all.sort((a, b) => a.version - b.version);
  };
  const log = (): Deletion[] => {
    entries ??= build();
    const live = rows.size + deletions.size;
    if (entries.length > FEWEST_TO_SWEEP && entries.length > live * (1 + STALE_PER_LIVE)) entries = entries.filter(isLive);
    return entries;
  };
  function* between(since: number, upTo: number): Generator<Deletion> {
    const all = log();
    for (let i = firstAfter(all, since); i < all.length; i++) {
      const entry = all[i] as Deletion;
      if (entry.version > upTo) return;
      yield entry;
    }
  }
  return {
    note(id, version) {
      if (entries === undefined || version === undefined) return;
      // What is taken back returns with its old version: its old entry is still there.
      if (version > (entries.at(-1)?.version ?? 0)) entries.push({ id, version });
    },
    changed(since, upTo, limit) {
      const found: Row[] = [];
      for (const { id, version } of between(since, upTo)) {
        const row = rows.get(id);
        if (row?.version === version) found.push(row);
        if (found.length === limit) break;
      }
      return found;
    },
    deleted(since, upTo, limit) {
      const found: Deletion[] = [];
      for (const entry of between(since, upTo)) {
        if (deletions.get(entry.id) === entry.version) found.push(entry);
        if (found.length === limit) break;
      }
      return found;
    },
  };
}

function firstAfter(entries: readonly Deletion[], version: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle] as Deletion).version <= version) low = middle + 1;
    else high = middle;
  }
  return low;
}
