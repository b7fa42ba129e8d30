/** How each activity is run: as a cheap local step, or as one that Temporal shows and retries on its own. */
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { ANSWER_QUEUE } from '../temporal/names';

/** Reads and decisions: mostly a look into the store, so they cost no round trip of their own. */
export const local = proxyLocalActivities<
  Pick<
    Activities,
    | 'fetch'
    | 'resolve'
    | 'write'
    | 'fetchRequest'
    | 'release'
    | 'letGo'
    | 'requeue'
    | 'chunkProgress'
    | 'giveUpAnswer'
    | 'abandonedChunks'
  >
>({
  startToCloseTimeout: '4 minutes',
  scheduleToCloseTimeout: '10 minutes',
  localRetryThreshold: '20 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 8 },
});

/** The first try of a write: see `atOnce`. */
export const once = proxyLocalActivities<Pick<Activities, 'write' | 'createRow' | 'logRequest'>>({
  startToCloseTimeout: '4 minutes',
  retry: { maximumAttempts: 1 },
});

/**
 * Calls that change something at a vendor. Five attempts within eight minutes; then the run fails and the inbox owns later tries. The
 * heartbeat lets a killed worker's write be taken up again within seconds.
 */
export const writing = proxyActivities<Pick<Activities, 'write' | 'log' | 'createRow' | 'logRequest'>>({
  startToCloseTimeout: '4 minutes',
  scheduleToCloseTimeout: '8 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 3, maximumInterval: '90 seconds', maximumAttempts: 5 },
});

/** Reading feeds and pages. What fails here is tried by the next cycle, five minutes later. */
export const collecting = proxyActivities<Pick<Activities, 'collect' | 'takePage' | 'release' | 'endCycle'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '2 minutes',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 5 },
});

/** Many records, or creations, at once. Whatever they did not get to when they end is taken again by a later cycle. */
export const bulk = proxyActivities<Pick<Activities, 'fetchPage' | 'writePage' | 'createPeople' | 'logRequests'>>({
  startToCloseTimeout: '10 minutes',
  scheduleToCloseTimeout: '20 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 3, maximumInterval: '90 seconds', maximumAttempts: 5 },
});

/** Answers to many calls at once, each of them tried once: what does not get through is left to a run of its own. */
export const answering = proxyActivities<Pick<Activities, 'answerChunks'>>({
  taskQueue: ANSWER_QUEUE,
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 seconds', maximumAttempts: 5 },
});

/** An answer is sent where it is decided: mostly that is all there is to it. */
export const callingAtOnce = proxyLocalActivities<Pick<Activities, 'callBack'>>({
  startToCloseTimeout: '45 seconds',
  retry: { maximumAttempts: 1 },
});

/**
 * Answers that did not get through at once. Marketo forgets a call that is never answered, so the first tries come soon; and it is no use to answer a
 * campaign that has been waiting for half a day.
 */
export const calling = proxyActivities<Pick<Activities, 'callBack'>>({
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '12 hours',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
});

/** Reads only, for as long as it takes: a plan of a first load looks at everything there is. What fails is told, not repeated for long. */
export const looking = proxyActivities<Pick<Activities, 'doctor' | 'plan'>>({
  startToCloseTimeout: '4 hours',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '2 seconds', maximumAttempts: 2 },
});

export const preparing = proxyActivities<Pick<Activities, 'setUp'>>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 4 },
});
