/** "Sync Person to Microsoft" for many people at once, because campaigns asked for so many that runs of their own would only cost time. */
import { condition, setCurrentDetails } from '@temporalio/workflow';
import type { CreatedPeople, People } from '../activities/creation/createPeople';
import { answering, bulk } from './activities';
import { startAnswer } from './answerFlowStep';
import { createAlone } from './createAlone';
import { failureIn } from './failureIn';
import { describeLot } from './progress';
import type { PageResult } from './syncPage';

export interface PeopleInput extends People {
  /** Hashes of calls of trigger campaigns that wait for these people and for nobody else: they are answered here. */
  readonly chunks: readonly string[];
}

/** So often calls are answered whose people are through while others' are not; each that is left then gets a run of its own, which knows how long to wait. */
const LOOKS = ['5 seconds', '10 seconds', '15 seconds'] as const;

export async function syncPeopleToMicrosoft({ chunks, ...people }: PeopleInput): Promise<PageResult> {
  const created = bulk.createPeople(people);
  const ends = await Promise.allSettled([created, answerAll(chunks, created), afterwards(people, created)]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  const { outcomes, alone } = await created;
  setCurrentDetails(describeLot(outcomes, alone.length));
  return { outcomes };
}

async function answerAll(chunks: readonly string[], created: Promise<unknown>): Promise<void> {
  let over = false;
  const end = (): void => {
    over = true;
  };
  created.then(end, end);
  let left = chunks;
  let areThrough = false;
  for (const wait of LOOKS) {
    if (left.length === 0 || areThrough) break;
    await condition(() => over, wait);
    // Who is through while calls are being answered may have come too late for that look.
    areThrough = over;
    left = await answer(left);
  }
  await Promise.all(left.map((id) => startAnswer({ id, kind: 'trigger' })));
}

/** Answers what can be answered now; resolves to what is left. */
async function answer(chunks: readonly string[]): Promise<readonly string[]> {
  try {
    return (await answering.answerChunks({ chunks })).left;
  } catch (error) {
    if (failureIn(error) === undefined) throw error;
    return chunks;
  }
}

async function afterwards({ marketoIds }: People, created: Promise<CreatedPeople>): Promise<void> {
  const { alone } = await created;
  // Runs of their own write their own logs.
  const done = marketoIds.filter((id) => !alone.includes(id));
  await Promise.all([bulk.logRequests({ marketoIds: done }), ...alone.map(createAlone)]);
}
