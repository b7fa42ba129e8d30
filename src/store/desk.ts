/** Everything the operators' desk asks of the store. */
import type { Clock } from '../core/ports';
import type { Erasures } from '../core/erasure';
import type { Imports } from '../core/imports';
import type { PlanBookkeeping } from '../core/plan';
import type { Reviews } from '../core/reviews';
import type { Stories } from '../core/story';
import type { Database } from './database';
import { createImports } from './importPairs';
import { createPlanBookkeeping } from './planLines';
import { erasePerson } from './retention';
import { createReviews } from './reviews';
import { createStories } from './story';

export interface Desk {
  readonly stories: Stories;
  readonly reviews: Reviews;
  readonly plans: PlanBookkeeping;
  readonly imports: Imports;
  readonly erasures: Erasures;
}

const systemClock: Clock = { now: () => new Date() };

export function createDesk(db: Database, clock: Clock = systemClock): Desk {
  return {
    stories: createStories(db),
    reviews: createReviews(db, clock),
    plans: createPlanBookkeeping(db),
    imports: createImports(db),
    erasures: { erase: (id) => erasePerson(db, id) },
  };
}
