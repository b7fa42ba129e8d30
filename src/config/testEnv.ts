/** What a test run may be given instead of servers of its own. */
import { readSettings } from './env';
import { address, postgresUrl } from './settingTypes';
import { z } from 'zod';

const environment = z.object({
  TEST_DATABASE_URL: postgresUrl('PostgreSQL for tests, which create and drop databases in it.'),
  TEST_TEMPORAL_ADDRESS: address('Temporal server for tests, with the search attributes registered.'),
});

export interface TestSettings {
  readonly databaseUrl?: string;
  readonly temporalAddress?: string;
  readonly cliPath?: string;
  readonly cacheDir: string;
}

/**
 * `DATABASE_URL` and `TEMPORAL_ADDRESS` are left alone on purpose: in a developer's shell they may name systems that people work with,
 * and a test run must never reach those.
 */
export function testSettingsOfThisProcess(): TestSettings {
  const { TEST_DATABASE_URL, TEST_TEMPORAL_ADDRESS } = environment.parse(process.env);
  const { TEMPORAL_CLI_PATH, XDG_CACHE_HOME } = process.env;
  const { cacheDir, temporal } = readSettings({ TEMPORAL_CLI_PATH, XDG_CACHE_HOME });
  return {
    ...(TEST_DATABASE_URL && { databaseUrl: TEST_DATABASE_URL }),
    ...(TEST_TEMPORAL_ADDRESS && { temporalAddress: TEST_TEMPORAL_ADDRESS }),
    ...(temporal.cliPath && { cliPath: temporal.cliPath }),
    cacheDir,
  };
}
