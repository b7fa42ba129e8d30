/** Service protection: what one user may ask for in five minutes, and at once. Memory only, as on a real web server. */
import type { SandboxClock } from '../../clock';
import { DataverseError, problem } from '../http/problem';
import type { Settings } from '../settings';

export interface Protection {
  /** A request has begun; call the returned function when it is over, with what it took. */
  enter(userId: string): (executionMs: number) => void;
  /** Throws 429 with `Retry-After` when the user has asked for too much. */
  admit(userId: string): void;
  /** For the two headers that tell how much is left. */
  remaining(userId: string): { readonly requests: number; readonly executionSeconds: number };
  clear(): void;
}

const WINDOW_SEC = 300;

interface Use {
  readonly atMs: number;
  readonly executionMs: number;
}

interface Account {
  concurrent: number;
  /** Of the last five minutes, oldest first. */
  readonly uses: Use[];
  /** Of these, all together. */
  executionMs: number;
  /** Refusals in a row: who goes on pushing waits longer. */
  refusals: number;
}

export function createProtection(settings: () => Settings, clock: () => SandboxClock): Protection {
  const accounts = new Map<string, Account>();
  const accountOf = (userId: string): Account => {
    let account = accounts.get(userId);
    if (account === undefined) accounts.set(userId, (account = { concurrent: 0, uses: [], executionMs: 0, refusals: 0 }));
    return account;
  };
  /** Forgets what is older than the window. */
  const current = (userId: string): Account => {
    const account = accountOf(userId);
    const from = clock().now().getTime() - WINDOW_SEC * 1000;
    for (let [oldest] = account.uses; oldest !== undefined && oldest.atMs <= from; [oldest] = account.uses) {
      account.uses.shift();
      account.executionMs -= oldest.executionMs;
    }
    return account;
  };
  return {
    enter(userId) {
      const account = accountOf(userId);
      account.concurrent += 1;
      const atMs = clock().now().getTime();
      return (executionMs) => {
        account.concurrent -= 1;
        account.executionMs += executionMs;
        account.uses.push({ atMs, executionMs });
      };
    },
    admit(userId) {
      const account = current(userId);
      const limits = settings().limits();
      const { executionMs } = account;
      const requests = account.uses.length;
      const refuse = (error: DataverseError, waitSec: number): never => {
        account.refusals += 1;
        const retryAfterSec = Math.ceil(waitSec) + account.refusals - 1;
        throw new DataverseError(error.status, error.code, error.message, { 'Retry-After': String(retryAfterSec) });
      };
      if (account.concurrent > limits.concurrent) {
        refuse(problem('throttlingConcurrencyLimitExceededError', undefined, String(limits.concurrent)), 1);
      }
      if (requests >= limits.requests) {
        const fill = [String(limits.requests), String(WINDOW_SEC)];
        refuse(problem('throttlingBurstRequestLimitExceededError', undefined, ...fill), secondsUntilFree(account, clock()));
      }
      if (executionMs >= limits.executionSeconds * 1000) {
        const fill = [(limits.executionSeconds * 1000).toLocaleString('en-US'), String(WINDOW_SEC)];
        refuse(problem('throttlingTimeExceededError', undefined, ...fill), secondsUntilFree(account, clock()));
      }
      account.refusals = 0;
    },
    remaining(userId) {
      const limits = settings().limits();
      const { uses, executionMs } = current(userId);
      return {
        requests: Math.max(0, limits.requests - uses.length),
        executionSeconds: Math.max(0, limits.executionSeconds - executionMs / 1000),
      };
    },
    clear: () => accounts.clear(),
  };
}

/** When the oldest request leaves the window. */
function secondsUntilFree({ uses }: Account, clock: SandboxClock): number {
  const oldest = uses[0]?.atMs ?? clock.now().getTime();
  return Math.max(1, (oldest + WINDOW_SEC * 1000 - clock.now().getTime()) / 1000);
}
