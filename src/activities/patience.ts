/** How long a write waits for its call to leave: the first try of a record's write runs inside its workflow task, which must not be held up. */
import { type Context, asyncLocalStorage } from '@temporalio/activity';
import type { Result } from '../core/ports';
import { NOT_YET } from '../remote/group';

/** Longer than a group gathers for, and half of what a workflow task may take. */
const LOCAL_PATIENCE_MS = 4_500;

/** Activities of which a call has left: what they have begun they see through. */
const begun = new WeakSet<Context>();

/**
 * Runs one grouped call of the activity under way. A local one is impatient until its first call has left: then its record is given back
 * unsent (`NOT_YET`), and its write becomes an activity of its own, which operators can see waiting.
 */
export async function withPatience<T>(call: (patienceMs?: number) => Promise<Result<T>>): Promise<Result<T>> {
  const context = asyncLocalStorage.getStore();
  const impatient = context !== undefined && context.info.isLocal && !begun.has(context);
  const result = await call(impatient ? LOCAL_PATIENCE_MS : undefined);
  if (context !== undefined && !isNotYet(result)) begun.add(context);
  return result;
}

const isNotYet = (result: Result<unknown>): boolean => 'failure' in result && result.failure.code === NOT_YET;
