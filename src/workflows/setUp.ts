/** Prepares Marketo: fields and custom activity types. */
import type { SetUpReport } from '../core/ports';
import { preparing } from './activities';

export async function setUp(): Promise<SetUpReport> {
  return preparing.setUp();
}
