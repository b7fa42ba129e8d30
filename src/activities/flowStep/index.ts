/** The activities of flow steps, by the names that stand in Temporal's histories. */
import type { FlowStepKind } from '../../core/ports';
import { pruneChunks, unattendedChunks } from '../../store/flowStepAnswer';
import { whileAlive } from '../alive';
import type { ActivityDeps } from '../deps';
import { type AnswerReport, createCallBack, RESERVED_SEC } from './callBack';
import { type AnsweredChunks, createAnswerChunks } from './answerChunks';
import { type ChunkWait, createChunkProgress } from './chunkProgress';
import { createChunks } from './chunks';

/** A cycle starts no more than this: the next one starts the rest. */
const MAX_ABANDONED = 200;

export interface FlowStepActivities {
  chunkProgress(input: { chunk: string }): Promise<ChunkWait>;
  callBack(input: { chunk: string }): Promise<AnswerReport>;
  /** Answers those calls whose people are through. The others, and those that Marketo did not take at once, are left. */
  answerChunks(input: { chunks: readonly string[] }): Promise<AnsweredChunks>;
  /** Marketo could not be reached for as long as it makes sense to try. */
  giveUpAnswer(input: { chunk: string }): Promise<void>;
  /** Calls that nobody is answering: Temporal was away when they came, and no gateway has taken them up since. */
  abandonedChunks(): Promise<readonly { readonly id: string; readonly kind: FlowStepKind }[]>;
}

export function createFlowStepActivities(deps: ActivityDeps): FlowStepActivities {
  const { db, log } = deps;
  const chunks = createChunks(db, RESERVED_SEC);
  const callBack = createCallBack(deps, chunks);
  const chunkProgress = createChunkProgress(chunks);
  const answerChunks = createAnswerChunks({ chunkProgress, callBack });
  return {
    chunkProgress,
    callBack: (input) => whileAlive(() => callBack(input)),
    answerChunks: (input) => whileAlive(() => answerChunks(input)),
    async giveUpAnswer({ chunk }) {
      await chunks.end({ id: chunk, state: 'expired' });
      log.error({ chunk }, 'a flow step was not answered: Marketo could not be reached for half a day');
    },
    async abandonedChunks() {
      await pruneChunks(db);
      // Their people are the cycle's own business.
      return (await unattendedChunks(db, MAX_ABANDONED)).map(({ id, kind }) => ({ id, kind }));
    },
  };
}
