/** Says what the next cycle would write. The lines are in the store; what is answered here are numbers. */
import type { PlanSummary } from '../core/plan';
import { looking } from './activities';

export async function plan(): Promise<PlanSummary> {
  return looking.plan();
}
