/** Why records wait although there is work: what an administrator has to know, in sentences. */
import type { SideName } from '../core/types';
import type { StatusAnswer } from '../gateway/operator';
import { SCHEDULE_ID } from '../temporal/names';
import { SIDE_NAMES } from './sides';
import { clock } from './words';

/** Empty when nothing is in the way. */
export function hindrances(status: StatusAnswer, now: Date): readonly string[] {
  return [...status.problems, ...blockedSides(status, now), ...standstill(status)];
}

function blockedSides({ sides }: StatusAnswer, now: Date): string[] {
  return (Object.keys(SIDE_NAMES) as SideName[]).flatMap((side) => {
    const blocked = blockedSentence(sides[side], now);
    return blocked === undefined ? [] : [`${SIDE_NAMES[side]} is ${blocked}`];
  });
}

/** `left alone until 12:03:00 UTC (606)`; `undefined` while the side may be called. */
export function blockedSentence({ blockedUntil, reason }: StatusAnswer['sides'][SideName], now: Date): string | undefined {
  if (blockedUntil === undefined) return undefined;
  return `left alone until ${clock(blockedUntil, now)}${reason ? ` (${reason})` : ''}`;
}

function standstill({ schedule }: StatusAnswer): string[] {
  if (schedule === null) return ['Temporal does not answer the gateway, so no cycle runs'];
  if (schedule.nextRunAt === undefined && !schedule.running) return [`The Schedule ${SCHEDULE_ID} is paused in Temporal`];
  return [];
}
