/** Calls of the flow step as their workflows use them, one each: what many of them ask at one moment travels in a few statements. */
import type { Db } from '../../store/database';
import {
  beginAnswers,
  type BegunAnswer,
  type ChunkEnd,
  type ChunkProgress,
  chunksProgress,
  endChunks,
  peopleOfChunks,
  type PersonResult,
} from '../../store/flowStepAnswer';
import { grouped, groupedTelling } from '../grouped';

/** Each of these is what its namesake in `store/flowStepAnswer` does for many. */
export interface Chunks {
  progress(id: string): Promise<ChunkProgress | undefined>;
  begin(id: string): Promise<BegunAnswer>;
  people(id: string): Promise<readonly PersonResult[]>;
  end(end: ChunkEnd): Promise<void>;
}

/** `reservedSec`: until then nobody else sends an answer that was begun. */
export function createChunks(db: Db, reservedSec: number): Chunks {
  return {
    progress: grouped(String, (ids: readonly string[]) => chunksProgress(db, ids)),
    begin: grouped(String, (ids: readonly string[]) => beginAnswers(db, ids, reservedSec)),
    people: grouped(String, (ids: readonly string[]) => peopleOfChunks(db, ids)),
    end: groupedTelling(
      ({ id }) => id,
      (ends: readonly ChunkEnd[]) => endChunks(db, ends),
    ),
  };
}
