/** `answerChunks`: one answer to each of the calls whose people were created together. */
import { ApplicationFailure } from '@temporalio/common';
import type { FlowStepActivities } from '.';

export interface AnsweredChunks {
  readonly answered: number;
  /** Marketo refused these for good, which has been told. */
  readonly refused: number;
  /** These need a run of their own. */
  readonly left: readonly string[];
}

export function createAnswerChunks({ chunkProgress, callBack }: Pick<FlowStepActivities, 'chunkProgress' | 'callBack'>) {
  return async function answerChunks({ chunks }: { chunks: readonly string[] }): Promise<AnsweredChunks> {
    const ends = await Promise.all(chunks.map(answer));
    const of = (end: End) => chunks.filter((_, index) => ends[index] === end);
    return { answered: of('answered').length, refused: of('refused').length, left: of('left') };
  };

  async function answer(chunk: string): Promise<End> {
    try {
      const { waitMs } = await chunkProgress({ chunk });
      if (waitMs > 0) return 'left';
      await callBack({ chunk });
      return 'answered';
    } catch (error) {
      return error instanceof ApplicationFailure && error.nonRetryable === true ? 'refused' : 'left';
    }
  }
}

type End = 'answered' | 'refused' | 'left';
