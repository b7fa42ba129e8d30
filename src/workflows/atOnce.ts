/** The first try of a write, made inside the workflow task: it mostly is the only one, and spares the server half of the work. */
import { failureIn } from './failureIn';

/**
 * Runs `local`, a local activity with a single attempt, and `regular` after it when its report says that nothing was sent, or when it failed in
 * a way that may pass: that is the write as an activity of its own, which operators see waiting and being retried. Other failures, and a
 * cancellation, are thrown on.
 */
export async function atOnceOr<R extends object>(local: () => Promise<R>, regular: () => Promise<R>): Promise<R> {
  try {
    const report = await local();
    if (!('unsent' in report && report.unsent === true)) return report;
  } catch (error) {
    if (failureIn(error)?.mayPass !== true) throw error;
  }
  return regular();
}
