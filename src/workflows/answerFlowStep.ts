/** Answers one call of a flow step: waits until its people are through, or until the campaign has waited long enough. */
import { ActivityFailure, isCancellation, ParentClosePolicy, setCurrentDetails, sleep, startChild } from '@temporalio/workflow';
import { RetryState, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { AnswerReport } from '../activities/flowStep/callBack';
import type { FlowStepKind } from '../core/ports';
import { ANSWER_QUEUE, flowStepKey } from '../temporal/names';
import { calling, callingAtOnce, local } from './activities';
import { failureIn } from './failureIn';

/** Marketo is given a moment before it is tried again. */
const AGAIN = '5 seconds';

export interface AnswerInput {
  /** Hash of the call's token. */
  readonly chunk: string;
}

export async function answerFlowStep({ chunk }: AnswerInput): Promise<AnswerReport> {
  for (;;) {
    const { waitMs, unfinished } = await local.chunkProgress({ chunk });
    if (waitMs === 0) break;
    setCurrentDetails(`${unfinished} people are not through yet`);
    await sleep(waitMs);
  }
  try {
    return await callingAtOnce.callBack({ chunk });
  } catch (error) {
    const failure = failureIn(error);
    if (failure?.mayPass !== true) throw error;
    await sleep(failure.nextRetryDelay ?? AGAIN);
  }
  return answerPatiently(chunk);
}

async function answerPatiently(chunk: string): Promise<AnswerReport> {
  try {
    return await calling.callBack({ chunk });
  } catch (error) {
    // A refusal is final and has been told; only time running out leaves the call open.
    const outOfTime = error instanceof ActivityFailure && error.retryState !== RetryState.NON_RETRYABLE_FAILURE;
    if (outOfTime && !isCancellation(error)) await local.giveUpAnswer({ chunk });
    throw error;
  }
}

/** Starts the answers that could not be started when their calls came. Part of a cycle, which goes on whatever becomes of them. */
export async function startAbandonedAnswers(): Promise<void> {
  try {
    const chunks = await local.abandonedChunks();
    await Promise.all(chunks.map(startAnswer));
  } catch (error) {
    if (failureIn(error) === undefined) throw error;
  }
}

/** Starts the run that answers one call, unless it is running. */
export async function startAnswer({ id, kind }: { readonly id: string; readonly kind: FlowStepKind }): Promise<void> {
  try {
    await startChild(answerFlowStep, {
      taskQueue: ANSWER_QUEUE,
      workflowId: flowStepKey.answer(id),
      args: [{ chunk: id }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowExecutionTimeout: '2 days',
      staticSummary: `Answer a flow step of a ${kind} campaign`,
    });
  } catch (error) {
    // Somebody is at it after all.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
