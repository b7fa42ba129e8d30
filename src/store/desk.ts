/** Everything the operators' desk asks of the store. */
import type { Clock } from '../core/ports';
import type { Imports } from '../core/imports';
import type { PlanBookkeeping } from '../core/plan';
import type { Reviews } from '../core/reviews';
import type { Stories } from '../core/story';
import type { Database } from './database';
import { createImports } from './importPairs';
import { createPlanBookkeeping } from './planLines';
import { createReviews } from './reviews';
import { createStories } from './story';

export interface Desk {
  readonly stories: Stories;
  readonly reviews: Reviews;
  readonly plans: PlanBookkeeping;
  readonly imports: Imports;
}

const systemClock: Clock = { now: () => new Date() };

export function createDesk(db: Database, clock: Clock = systemClock): Desk {
  return {
    stories: createStories(db),
    reviews: createReviews(db, clock),
    plans: createPlanBookkeeping(db),
    imports: createImports(db),
  };
}
