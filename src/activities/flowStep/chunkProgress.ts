/** `chunkProgress`: whether a flow step's call can be answered now, and else when to look again. */
import type { ChunkProgress } from '../../store/flowStepAnswer';
import type { Chunks } from './chunks';

/** The campaign waits for the answer: it leaves by then, finished or not, with time to spare for a busy machine. */
const ANSWER_BY_SEC = { trigger: 40, batch: 14 * 60 } as const;
const MOST_OFTEN_SEC = 1;
/** The last person of a batch may be through at any time, and the campaign waits. */
const USUALLY_SEC = 20;
const LEAST_OFTEN_SEC = 60;
/** About what one worker gets through: where more people wait than that, looking sooner finds nothing new. */
const PEOPLE_PER_SEC = 40;

export interface ChunkWait {
  /** 0: it is time to answer. */
  readonly waitMs: number;
  readonly unfinished: number;
}

export function createChunkProgress(chunks: Pick<Chunks, 'progress'>) {
  return async function look({ chunk }: { chunk: string }): Promise<ChunkWait> {
    const progress = await chunks.progress(chunk);
    return progress === undefined ? { waitMs: 0, unfinished: 0 } : waitFor(progress);
  };
}

/**
 * Looks again after twice the time it has taken so far, up to a limit: most people are through at the first look, and where a thousand
 * calls wait for a vendor at once, looking must not become the work.
 */
export function waitFor({ kind, unfinished, ageSec, waiting }: ChunkProgress): ChunkWait {
  const leftSec = ANSWER_BY_SEC[kind] - ageSec;
  if (unfinished === 0 || leftSec <= 0) return { waitMs: 0, unfinished };
  const usefulSec = Math.max(MOST_OFTEN_SEC, Math.min(ageSec * 2, USUALLY_SEC), waiting / PEOPLE_PER_SEC);
  return { waitMs: Math.ceil(Math.min(leftSec, LEAST_OFTEN_SEC, usefulSec) * 1_000), unfinished };
}
