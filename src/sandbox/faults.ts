/** Faults on demand: the next so many requests that match are answered otherwise, late, or not at all. */
import { z } from 'zod';

/** What happens instead. `drop: 'after'` does the work and loses the answer; `delayMs` waits, then does the work. */
const action = z.union([
  z.strictObject({ drop: z.enum(['before', 'after']) }),
  z.strictObject({ delayMs: z.number().nonnegative() }),
  z.strictObject({
    status: z.int().min(200).max(599).default(200),
    headers: z.record(z.string(), z.string()).default({}),
    /** Sent as it is when a string, as JSON otherwise. */
    body: z.unknown().optional(),
  }),
]);

export const fault = z.strictObject({
  match: z
    .strictObject({
      method: z.string().optional(),
      /** Part of path and query; with `*` in it, a pattern for all of them, `*` standing for anything. */
      path: z.string().optional(),
      caller: z.string().optional(),
    })
    .default({}),
  times: z.int().positive().default(1),
  action,
});

export type Fault = z.infer<typeof fault>;
export type FaultAction = Fault['action'];

export interface FaultTarget {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly caller: string | undefined;
}

export interface Faults {
  add(fault: Fault): void;
  /** The action for this request, used up once; the oldest matching fault comes first. */
  take(target: FaultTarget): FaultAction | undefined;
  clear(): void;
}

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add: (fault) => void waiting.push({ fault, left: fault.times }),
    take(target) {
      const found = waiting.find((entry) => matches(entry.fault.match, target));
      if (found === undefined) return undefined;
      found.left -= 1;
      if (found.left === 0) waiting = waiting.filter((entry) => entry !== found);
      return found.fault.action;
    },
    clear() {
      waiting = [];
    },
  };
}

function matches({ method, path, caller }: Fault['match'], target: FaultTarget): boolean {
  if (method !== undefined && method.toUpperCase() !== target.method) return false;
  if (caller !== undefined && caller !== target.caller) return false;
  if (path === undefined) return true;
  if (!path.includes('*')) return target.url.includes(path);
  const pattern = path
    .split('*')
    .map((text) => text.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`).test(target.url);
}
