/** What `npm start` has running: stopped in an order that loses no work, complete even when stopped while starting. */

/** The order of stopping: first who accepts work, then who does it, then what both stand on. */
const STOP_ORDER = ['gateway', 'worker', 'sandboxes', 'Temporal', 'PostgreSQL'] as const;
export type PartName = (typeof STOP_ORDER)[number];

export interface Part {
  /** Resolves with a sentence when the part has ended; never, for a part that cannot tell. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface Stack {
  /** Starts a part. Rejects without starting it once `stop` was called. */
  start<P extends Part>(name: PartName, begin: () => Promise<P>): Promise<P>;
  /** Rejects with the part's own sentence when a part ends that nobody stopped; never resolves. */
  readonly broken: Promise<never>;
  /** Aborted by `stop`, for a start that takes long. */
  readonly signal: AbortSignal;
  /** Stops every part, those that are just starting too, and answers which. Goes on after a part that does not stop, then rejects. */
  stop(): Promise<readonly PartName[]>;
}

export function createStack(): Stack {
  const starting = new Map<PartName, Promise<Part>>();
  const stopping = new AbortController();
  let reportBroken: (error: Error) => void;
  const broken = new Promise<never>((_, reject) => {
    reportBroken = reject;
  });
  broken.catch(() => {});
  const watch = async ({ ended }: Part): Promise<void> => {
    const sentence = await ended;
    if (!stopping.signal.aborted) reportBroken(new Error(sentence));
  };

  return {
    broken,
    signal: stopping.signal,
    async start(name, begin) {
      if (stopping.signal.aborted) throw new Error(`${name} is not started any more.`);
      const part = begin();
      starting.set(name, part);
      void watch(await part);
      return part;
    },
    async stop() {
      stopping.abort();
      const stopped: PartName[] = [];
      const problems: unknown[] = [];
      for (const name of STOP_ORDER) {
        // One that failed to start has tidied up after itself.
        const part = await starting.get(name)?.catch(() => undefined);
        if (!part) continue;
        stopped.push(name);
        await part.stop().catch((error: unknown) => problems.push(error));
      }
      if (problems.length > 0) throw problems[0];
      return stopped;
    },
  };
}
