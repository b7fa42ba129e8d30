import pc from 'picocolors';
import type { StatusAnswer } from '../../../src/gateway/operator';

export const plain = pc.createColors(false);
export const NOW = new Date('2026-03-01T12:04:30.000Z');

/** A sync with nothing to do, as the gateway tells it. */
export const quiet: StatusAnswer = {
  pairs: 1234,
  waiting: { create: 0, retry: 0, live: 0, backfill: 0 },
  quarantined: 0,
  openRejections: 0,
  openReviews: 0,
  nearMisses: 0,
  openRequests: 0,
  sides: { marketo: {}, dynamics: {} },
  problems: [],
  lastCycle: { startedAt: '2026-03-01T12:00:00.000Z', endedAt: '2026-03-01T12:00:04.000Z', outcome: 'done' },
  schedule: { nextRunAt: '2026-03-01T12:05:00.000Z', lastRunAt: '2026-03-01T12:00:00.000Z', running: false },
};
