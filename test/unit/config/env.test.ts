import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readSettings, SETTINGS, SettingsError } from '../../../src/config/env';
import { settingsTable } from '../../../src/config/settingsTable';

const MARKETO = {
  MARKETO_BASE_URL: 'https://123-ABC-456.mktorest.com/rest/',
  MARKETO_CLIENT_ID: 'an-id',
  MARKETO_CLIENT_SECRET: 'hush-marketo',
};
const DATAVERSE = {
  DATAVERSE_URL: 'https://contoso.crm.dynamics.com/api/data/v9.2/',
  DATAVERSE_TENANT_ID: 'a-tenant',
  DATAVERSE_CLIENT_ID: 'an-app',
  DATAVERSE_CLIENT_SECRET: 'hush-dataverse',
};

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('readSettings', () => {
  it('needs nothing: the defaults run everything on this machine', () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({
      dataDir: '.mdsync',
      ports: { gateway: 3300, marketoSandbox: 3301, dataverseSandbox: 3302, postgres: 3303, temporal: 7233, temporalUi: 8233 },
      gatewayHost: '127.0.0.1',
      logLevel: 'info',
      overlapEveryCycles: 6,
      historyDays: 90,
      temporal: {},
    });
    expect(settings.marketo).toBeUndefined();
    expect(settings.dataverse).toBeUndefined();
    expect(settings.databaseUrl).toBeUndefined();
    expect('gatewayToken' in settings).toBe(false);
  });

  it('reads real systems, with their tuning and defaults', () => {
    const settings = readSettings({ ...MARKETO, ...DATAVERSE, MARKETO_TIMEOUT_MS: '100000', DATAVERSE_CONCURRENCY: '4' });
    expect(settings.marketo).toEqual({
      baseUrl: 'https://123-ABC-456.mktorest.com',
      clientId: 'an-id',
      clientSecret: 'hush-marketo',
      timeoutMs: 100_000,
      callsPer20s: 50,
      concurrency: 5,
    });
    expect(settings.dataverse).toEqual({
      url: 'https://contoso.crm.dynamics.com',
      tenantId: 'a-tenant',
      clientId: 'an-app',
      clientSecret: 'hush-dataverse',
      authority: 'https://login.microsoftonline.com',
      timeoutMs: 120_000,
      requestsPer5min: 5400,
      concurrency: 4,
    });
  });

  it('takes a blank variable for an unset one', () => {
    expect(readSettings({ MARKETO_BASE_URL: '', MDSYNC_GATEWAY_PORT: '  ' })).toEqual(readSettings({}));
  });

  it.each([
    [{ MARKETO_BASE_URL: 'https://x.mktorest.com' }, ['MARKETO_CLIENT_ID is missing', 'MARKETO_CLIENT_SECRET is missing']],
    [{ ...DATAVERSE, DATAVERSE_CLIENT_SECRET: '' }, ['DATAVERSE_CLIENT_SECRET is missing while DATAVERSE_URL']],
    [{ MARKETO_CLIENT_SECRET: 'hush-alone' }, ['MARKETO_BASE_URL is missing', 'MARKETO_CLIENT_ID is missing']],
    [{ ...MARKETO, MARKETO_BASE_URL: 'http://x.mktorest.com' }, ['MARKETO_BASE_URL must start with https://']],
    [{ ...MARKETO, MARKETO_BASE_URL: 'x.mktorest.com' }, ['MARKETO_BASE_URL is not a URL']],
    [{ DATABASE_URL: 'mysql://user:hush-db@host/db' }, ['DATABASE_URL is not a PostgreSQL URL']],
    [{ TEMPORAL_ADDRESS: 'http://localhost:7233' }, ['TEMPORAL_ADDRESS must be host:port']],
    [{ MDSYNC_LOG_LEVEL: 'loud' }, ['MDSYNC_LOG_LEVEL must be one of fatal, error']],
    [{ MARKETO_CALLS_PER_20S: '10001' }, ['MARKETO_CALLS_PER_20S must be a whole number from 1 to 10000']],
    [{ MARKETO_CONCURRENCY: '0' }, ['MARKETO_CONCURRENCY must be a whole number from 1 to 10']],
    [{ MARKETO_TIMEOUT_MS: '1e4' }, ['MARKETO_TIMEOUT_MS must be a whole number']],
    [{ MDSYNC_GATEWAY_PORT: '70000' }, ['MDSYNC_GATEWAY_PORT must be a whole number from 1 to 65535']],
    [{ MDSYNC_POSTGRES_PORT: '3300' }, ['MDSYNC_POSTGRES_PORT is the same port as MDSYNC_GATEWAY_PORT']],
    [{ MDSYNC_GATEWAY_TOKEN: 'hush' }, ['MDSYNC_GATEWAY_TOKEN must be 8 or more']],
    [{ MDSYNC_GATEWAY_TOKEN: 'hush-same', MDSYNC_OPERATOR_TOKEN: 'hush-same' }, ['MDSYNC_OPERATOR_TOKEN is the same as']],
  ])('%j: says what is wrong and how to mend it, without the value', (env, expected) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(expected.length);
    expected.forEach((text, index) => expect(problems[index]).toContain(text));
    expect(problems.join()).not.toContain('hush');
  });

  it('accepts the same variables when they are right', () => {
    const env = { MARKETO_CALLS_PER_20S: '100', MARKETO_CONCURRENCY: '10', MDSYNC_GATEWAY_TOKEN: 'long-enough' };
    expect(problemsOf({ ...env, TEMPORAL_ADDRESS: 'localhost:7233', DATABASE_URL: 'postgres://u:p@host/db' })).toEqual([]);
    expect(problemsOf({ ...MARKETO, MARKETO_BASE_URL: 'http://127.0.0.1:3301' })).toEqual([]);
    expect(problemsOf({ ...MARKETO, MARKETO_BASE_URL: 'http://sandbox:3301' })).toEqual([]);
  });

  it('lists every problem in one error', () => {
    const env = { MDSYNC_LOG_LEVEL: 'loud', MARKETO_BASE_URL: 'https://x.mktorest.com', MDSYNC_GATEWAY_PORT: 'http' };
    expect(() => readSettings(env)).toThrow(/MDSYNC_GATEWAY_PORT[^]*MDSYNC_LOG_LEVEL[^]*MARKETO_CLIENT_ID/);
  });
});

describe('SETTINGS', () => {
  it('describes every setting, with its default', () => {
    expect(SETTINGS.find((row) => row.name === 'MARKETO_CALLS_PER_20S')?.default).toBe('50');
    expect(SETTINGS.find((row) => row.name === 'MARKETO_CLIENT_SECRET')).not.toHaveProperty('default');
    expect(SETTINGS.filter((row) => row.description.length < 10)).toEqual([]);
  });

  it('makes a Markdown table with a line for each', () => {
    const lines = settingsTable().trimEnd().split('\n');
    expect(lines).toHaveLength(SETTINGS.length + 2);
    expect(lines).toContain('| `MDSYNC_GATEWAY_PORT` | `3300` | Webhook, flow step, operator API and health. |');
  });

  it('names every variable of the example file, and the example file every one a deployment fills in', () => {
    const example = readFileSync(join(__dirname, '../../../.env.example'), 'utf8');
    const named = [...example.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1]);
    const known = SETTINGS.map((row) => row.name);
    expect(named.filter((name) => /^(MARKETO|DATAVERSE|MDSYNC)_/.test(name ?? '') && !known.includes(name ?? ''))).toEqual([]);
    for (const name of Object.keys({ ...MARKETO, ...DATAVERSE })) expect(named).toContain(name);
  });
});
