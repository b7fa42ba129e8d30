/** The Temporal server that `TEMPORAL_ADDRESS` names, looked at before anything relies on it. */
import { connectTemporal } from '../temporal/client';
import { SEARCH_ATTRIBUTES } from '../temporal/names';

const TIMEOUT_MS = 5_000;
/** gRPC's codes. */
const INVALID_ARGUMENT = 3;
const ABSENT: readonly unknown[] = [4, 14]; // deadline exceeded, unavailable

/**
 * Rejects with what to do when the server does not answer, refuses us, or does not know our search attributes: there, every run would
 * wait for ever for a workflow task that fails.
 */
export async function requireNamedTemporal(address: string): Promise<void> {
  const temporal = connectTemporal();
  const { client } = temporal;
  const names = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);
  const { namespace } = client.options;
  // A query is refused for an attribute it does not know. Asking for the list of attributes needs rights that a worker has not.
  const query = names.map((name) => `${name} IS NOT NULL`).join(' OR ');
  try {
    await client.withDeadline(Date.now() + TIMEOUT_MS, () =>
      client.workflowService.countWorkflowExecutions({ namespace, query }),
    );
  } catch (error) {
    const { code, details = '' } = error as { code?: unknown; details?: string };
    throw new Error(code === INVALID_ARGUMENT ? attributesMissing(address, namespace, names) : unusable(address, code, details), {
      cause: error,
    });
  } finally {
    await temporal.close();
  }
}

function unusable(address: string, code: unknown, details: string): string {
  const what = ABSENT.includes(code) ? 'does not answer' : `cannot be used (${details})`;
  return `The Temporal server at ${address} ${what}. Start it or mend TEMPORAL_*, or unset TEMPORAL_ADDRESS to use the one that npm start brings.`;
}

function attributesMissing(address: string, namespace: string, names: readonly string[]): string {
  const flags = names.map((name) => `--name ${name} --type Keyword`).join(' ');
  return `The namespace ${namespace} at ${address} lacks search attributes of ours. Create them once:\n  temporal operator search-attribute create --address ${address} --namespace ${namespace} ${flags}`;
}
