/** What a test run may be given: servers instead of its own, and vendors that are as slow and as strict as the real ones. */
import { type DataverseSettings, type MarketoSettings, readSettings, SettingsError } from './env';
import { address, oneOf, postgresUrl, whole } from './settingTypes';
import { z } from 'zod';

const environment = z.object({
  TEST_DATABASE_URL: postgresUrl('PostgreSQL for tests, which create and drop databases in it.'),
  TEST_TEMPORAL_ADDRESS: address('Temporal server for tests, with the search attributes registered.'),
  TEST_VENDOR_LATENCY_MS: whole(0, 0, 10_000, 'Median of the time that the sandboxes take to answer, in scenarios.'),
  TEST_VENDOR_LIMITS: oneOf(['lifted', 'enforced'], 'lifted', "Whether the sandboxes keep to the vendors' limits in scenarios."),
});

export interface TestSettings {
  readonly databaseUrl?: string;
  readonly temporalAddress?: string;
  readonly cliPath?: string;
  readonly cacheDir: string;
  readonly vendors: { readonly latencyMs: number; readonly areLimitsEnforced: boolean };
}

/**
 * `DATABASE_URL` and `TEMPORAL_ADDRESS` are left alone on purpose: in a developer's shell they may name systems that people work with,
 * and a test run must never reach those.
 */
export function testSettingsOfThisProcess(): TestSettings {
  const { TEST_DATABASE_URL, TEST_TEMPORAL_ADDRESS, TEST_VENDOR_LATENCY_MS, TEST_VENDOR_LIMITS } = environment.parse(process.env);
  const { TEMPORAL_CLI_PATH, XDG_CACHE_HOME } = process.env;
  const { cacheDir, temporal } = readSettings({ TEMPORAL_CLI_PATH, XDG_CACHE_HOME });
  return {
    ...(TEST_DATABASE_URL && { databaseUrl: TEST_DATABASE_URL }),
    ...(TEST_TEMPORAL_ADDRESS && { temporalAddress: TEST_TEMPORAL_ADDRESS }),
    ...(temporal.cliPath && { cliPath: temporal.cliPath }),
    cacheDir,
    vendors: { latencyMs: TEST_VENDOR_LATENCY_MS, areLimitsEnforced: TEST_VENDOR_LIMITS === 'enforced' },
  };
}

/** Real systems that the contract tests of the clients are let loose on, with the normal settings. */
export interface LiveSystems {
  readonly marketo?: MarketoSettings;
  readonly dataverse?: DataverseSettings;
  /** The suite may create the fields and activity types that the sync needs in Marketo, where they stay for ever. */
  readonly maySetUp: boolean;
}

/**
 * Nothing without `MDSYNC_CONTRACT_LIVE=1`, whatever else is set: a test run writes to a real system only when it was told to.
 * Throws a SettingsError when it was told to and no system is named.
 */
export function readLiveSystems(env: NodeJS.ProcessEnv): LiveSystems | undefined {
  if (!isOn(env, 'MDSYNC_CONTRACT_LIVE')) return undefined;
  const vendors = Object.entries(env).filter(([name]) => /^(?:MARKETO|DATAVERSE)_/.test(name));
  const { marketo, dataverse } = readSettings(Object.fromEntries(vendors));
  if (!marketo && !dataverse)
    throw new SettingsError(['MDSYNC_CONTRACT_LIVE is set, but neither MARKETO_BASE_URL nor DATAVERSE_URL says where to.']);
  return { ...(marketo && { marketo }), ...(dataverse && { dataverse }), maySetUp: isOn(env, 'MDSYNC_CONTRACT_SETUP') };
}

function isOn(env: NodeJS.ProcessEnv, name: string): boolean {
  const value = env[name]?.trim() ?? '';
  if (!['', '0', '1'].includes(value)) throw new SettingsError([`${name} is neither 1 (yes) nor 0 (no).`]);
  return value === '1';
}

export const liveSystemsOfThisProcess = (): LiveSystems | undefined => readLiveSystems(process.env);
