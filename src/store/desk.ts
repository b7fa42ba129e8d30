/** Everything the operators' desk asks of the store. */
import type { Stories } from '../core/story';
import type { Database } from './database';
import { createStories } from './story';

export interface Desk {
  readonly stories: Stories;
}

export function createDesk(db: Database): Desk {
  return { stories: createStories(db) };
}
