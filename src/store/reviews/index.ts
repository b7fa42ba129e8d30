/** The queue of what a person has to decide. */
import type { Clock } from '../../core/ports';
import type { Reviews } from '../../core/reviews';
import type { Database } from '../database';
import { listReviews } from './list';
import { resolveReview } from './resolve';

export function createReviews(db: Database, clock: Clock): Reviews {
  return {
    list: () => listReviews(db),
    resolve: (decide) => resolveReview(db, decide, clock.now()),
  };
}
