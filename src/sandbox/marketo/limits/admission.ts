/** The limits of calls, shared by all callers of an instance: per 20 seconds, at once, and per day. */
import type { SandboxClock } from '../../clock';
import { MarketoError } from '../http/envelope';
import type { Settings } from '../settings';
import type { Usage } from './usage';

export interface Admission {
  /** Another request is in progress; call the returned function when it is over, answered or not. */
  enter(): () => void;
  /** Throws 606, 607, 615. */
  admit(usage: Usage, settings: Settings, clock: SandboxClock): void;
}

const WINDOW_SEC = 20;

/** Codes that are "not counted against your daily quota, or your rate limit". */
export const UNCOUNTED: ReadonlySet<string> = new Set(['600', '601', '602', '604', '605', '608', '611']);

export function createAdmission(): Admission {
  let inProgress = 0;
  /** When the calls of the last 20 seconds were made, oldest first. */
  let recent: number[] = [];
  return {
    enter() {
      inProgress += 1;
      return () => {
        inProgress -= 1;
      };
    },
    admit(usage, { limits }, clock) {
      const now = clock.now().getTime();
      recent = recent.filter((at) => at > now - WINDOW_SEC * 1000);
      const isTooFast = recent.length >= limits.callsPer20s;
      // A refused call counts as well: who goes on hammering stays refused.
      recent.push(now);
      if (inProgress > limits.concurrent) throw new MarketoError('615', `Concurrent access limit '${limits.concurrent}' reached`);
      if (isTooFast) {
        throw new MarketoError('606', `Max rate limit '${limits.callsPer20s}' exceeded with in '${WINDOW_SEC}' secs`);
      }
      if (usage.today().total >= limits.daily) throw new MarketoError('607', 'Daily quota reached');
    },
  };
}
