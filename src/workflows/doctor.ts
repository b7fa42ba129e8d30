/** Looks at both sides and says what is in the way of the sync. */
import type { DoctorReport } from '../core/doctor';
import { looking } from './activities';

export async function doctor(): Promise<DoctorReport> {
  return looking.doctor();
}
