/** Following records that were put back to work, until each has ended or nothing more is to be expected. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordProgress } from '../core/ports';
import type { Gateway } from './gateway';
import { hindrances } from './hindrances';
import { hasEnded } from './verdict';

const FIRST_LOOK_MS = 250;
const SLOWEST_LOOK_MS = 2_000;
/** When nothing has ended for this long, something may be in the way. */
const STANDSTILL_MS = 5_000;
/** The gateway tells of this many in one answer. */
const KEYS_PER_CALL = 1_000;

export interface FollowOptions {
  readonly timeoutMs: number;
  /** Told of each record once, when it has ended. */
  readonly onEnded: (record: RecordProgress) => void;
  readonly onLook: (ended: number, all: number) => void;
}

export interface Followed {
  /** All of them, as they stood at the last look. */
  readonly records: readonly RecordProgress[];
  /** Why the others were not waited for any longer, in sentences. */
  readonly hindrances: readonly string[];
}

/**
 * Looks again and again until all records have ended, `timeoutMs` are over, or nothing moves because a side is blocked or set-up is not
 * complete: then waiting is no use. A cycle that ends while records are put back may miss them, so another one is asked for.
 */
export async function follow(gateway: Gateway, records: readonly RecordProgress[], options: FollowOptions): Promise<Followed> {
  const known = new Map(records.map((record) => [record.key, record]));
  const until = Date.now() + options.timeoutMs;
  let open = [...known.keys()];
  let lastMove = Date.now();
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * 1.5, SLOWEST_LOOK_MS)) {
    options.onLook(known.size - open.length, known.size);
    if (open.length === 0 || Date.now() >= until) return { records: [...known.values()], hindrances: [] };
    await sleep(Math.min(pauseMs, until - Date.now()));
    for (const record of await look(gateway, open)) known.set(record.key, record);
    const ended = open.flatMap((key) => known.get(key) ?? []).filter(hasEnded);
    ended.forEach(options.onEnded);
    if (ended.length > 0) lastMove = Date.now();
    const gone = new Set(ended.map(({ key }) => key));
    open = open.filter((key) => !gone.has(key));
    if (open.length > 0 && Date.now() - lastMove > STANDSTILL_MS) {
      const inTheWay = hindrances(await gateway.status(), new Date());
      if (inTheWay.length > 0) return { records: [...known.values()], hindrances: inTheWay };
      await gateway.cycle();
      lastMove = Date.now();
    }
  }
}

async function look(gateway: Gateway, keys: readonly string[]): Promise<readonly RecordProgress[]> {
  const records: RecordProgress[] = [];
  for (let from = 0; from < keys.length; from += KEYS_PER_CALL) {
    records.push(...(await gateway.progress(keys.slice(from, from + KEYS_PER_CALL))).records);
  }
  return records;
}
