/**
 * Work that somebody is waiting for. Whatever it calls finds places kept for it: among the calls at once, and in the budget. The mark goes
 * along with the work through everything it awaits, so that nobody in between has to hand it on.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const marks = new AsyncLocalStorage<true>();

/** Runs `work` as urgent. */
export const urgently = <T>(work: () => Promise<T>): Promise<T> => marks.run(true, work);

export const isUrgent = (): boolean => marks.getStore() === true;

/** Places that are kept for urgent work, by default. */
const KEPT = 2;

/** How many of `places` there are for who is asking: all of them for urgent work; otherwise some fewer, and at least half. */
export const placesFor = (places: number, urgent = isUrgent()): number =>
  urgent ? places : places - Math.min(KEPT, Math.floor(places / 2));
