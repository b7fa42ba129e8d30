import { describe, expect, test } from '@jest/globals';
import { environmentOfPrograms, sandboxedSides } from '../../../src/config/embeddedEnv';
import { readSettings } from '../../../src/config/env';

const REAL_MARKETO = {
  MARKETO_BASE_URL: 'https://123-ABC-456.mktorest.com',
  MARKETO_CLIENT_ID: 'an-id',
  MARKETO_CLIENT_SECRET: 'a-secret',
};
const SERVICES = {
  dataDir: '/data',
  databaseUrl: 'postgres://mdsync:p@127.0.0.1:3303/mdsync',
  tokens: { gateway: 'gateway-token', operator: 'operator-token' },
};

function settingsOfPrograms(env: NodeJS.ProcessEnv, temporalAddress?: string) {
  const services = { ...SERVICES, ...(temporalAddress !== undefined && { temporalAddress }) };
  return readSettings(environmentOfPrograms(readSettings(env), services, env));
}

describe('the environment of the programs', () => {
  test('with nothing set, both sides are sandboxes and a write in doubt is settled within seconds', () => {
    expect(sandboxedSides(readSettings({}))).toEqual(['marketo', 'dynamics']);
    expect(settingsOfPrograms({}, '127.0.0.1:7233')).toMatchObject({
      marketo: { baseUrl: 'http://127.0.0.1:3301', clientId: 'sync-client', timeoutMs: 10_000 },
      dataverse: { url: 'http://127.0.0.1:3302', authority: 'http://127.0.0.1:3302', tenantId: 'sandbox', timeoutMs: 10_000 },
      databaseUrl: SERVICES.databaseUrl,
      dataDir: '/data',
      gatewayToken: 'gateway-token',
      operatorToken: 'operator-token',
      temporal: { address: '127.0.0.1:7233' },
    });
  });

  test('a real system stays as it was set, with its own patience; only the other side is a sandbox', () => {
    const env = { ...REAL_MARKETO, DATAVERSE_TIMEOUT_MS: '3000' };
    expect(sandboxedSides(readSettings(env))).toEqual(['dynamics']);
    expect(settingsOfPrograms(env, '127.0.0.1:7233')).toMatchObject({
      marketo: { baseUrl: 'https://123-ABC-456.mktorest.com', clientSecret: 'a-secret', timeoutMs: 95_000 },
      dataverse: { url: 'http://127.0.0.1:3302', timeoutMs: 3_000 },
    });
  });

  test('sandboxes follow their ports', () => {
    const settings = settingsOfPrograms({ MDSYNC_MARKETO_SANDBOX_PORT: '4001' }, '127.0.0.1:7233');
    expect(settings.marketo?.baseUrl).toBe('http://127.0.0.1:4001');
  });

  test("a developer's Temporal profile steers clients of that server, not of ours", () => {
    const env = { TEMPORAL_API_KEY: 'key', TEMPORAL_NAMESPACE: 'prod', TEMPORAL_TLS: 'true', PATH: '/bin' };
    const services = { ...SERVICES, temporalAddress: '127.0.0.1:7233' };
    const ours = environmentOfPrograms(readSettings({}), services, env);
    expect(Object.keys(ours).filter((name) => name.startsWith('TEMPORAL_'))).toEqual([
      'TEMPORAL_ADDRESS',
      'TEMPORAL_CONFIG_FILE',
    ]);
    expect(ours['PATH']).toBe('/bin');

    const named = environmentOfPrograms(readSettings({}), SERVICES, { ...env, TEMPORAL_ADDRESS: 'temporal.example:7233' });
    expect(named).toMatchObject({
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_API_KEY: 'key',
      TEMPORAL_NAMESPACE: 'prod',
    });
  });
});
