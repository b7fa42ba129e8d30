import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { requireNamedTemporal } from '../../../src/embedded/namedTemporal';
import { freePort } from '../../../src/embedded/processes';

const address = process.env['TEST_TEMPORAL_ADDRESS'] as string;
const BARE_NAMESPACE = 'without-search-attributes';

/** As a person's shell says it: the Temporal SDK reads these variables itself. */
function shellSays(variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml', ...variables });
}

beforeAll(async () => {
  const connection = await Connection.connect({ address });
  await connection.workflowService
    // Declared as a 64-bit Long; a number will do.
    .registerNamespace({ namespace: BARE_NAMESPACE, workflowExecutionRetentionPeriod: { seconds: 86_400 as never } })
    // From an earlier run, where the server is not a new one.
    .catch((error: { code?: number }) => expect(error.code).toBe(6));
  await connection.close();
});

afterEach(() => {
  for (const name of ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_CONFIG_FILE']) delete process.env[name];
});

describe('the Temporal server that TEMPORAL_ADDRESS names', () => {
  test('is taken when it answers and knows our search attributes', async () => {
    shellSays({ TEMPORAL_ADDRESS: address });
    await expect(requireNamedTemporal(address)).resolves.toBeUndefined();
  });

  test('is refused where it lacks them, with the command that creates them', async () => {
    shellSays({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: BARE_NAMESPACE });
    await expect(requireNamedTemporal(address)).rejects.toThrow(
      /lacks search attributes[^]*search-attribute create .*--namespace without-search-attributes --name SyncOutcome --type Keyword/,
    );
  });

  test('is refused when the namespace is another', async () => {
    shellSays({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'nowhere' });
    await expect(requireNamedTemporal(address)).rejects.toThrow(/cannot be used \(Namespace nowhere is not found/);
  });

  test('is refused within seconds when nothing answers', async () => {
    const nobody = `127.0.0.1:${await freePort()}`;
    shellSays({ TEMPORAL_ADDRESS: nobody });
    await expect(requireNamedTemporal(nobody)).rejects.toThrow(`The Temporal server at ${nobody} does not answer.`);
  });
});
