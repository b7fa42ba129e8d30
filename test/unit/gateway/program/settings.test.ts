import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../../../src/config/env';
import { gatewaySettings } from '../../../../src/gateway/program/settings';

const complete = {
  DATABASE_URL: 'postgres://u:hush@localhost/x',
  MDSYNC_GATEWAY_TOKEN: 'campaigns-only-1234',
  MDSYNC_OPERATOR_TOKEN: 'operators-only-5678',
};
const marketo = (url: string) => ({ MARKETO_BASE_URL: url, MARKETO_CLIENT_ID: 'id', MARKETO_CLIENT_SECRET: 'hush' });
const dataverse = (url: string) => ({
  DATAVERSE_URL: url,
  DATAVERSE_TENANT_ID: 't',
  DATAVERSE_CLIENT_ID: 'id',
  DATAVERSE_CLIENT_SECRET: 'hush',
});
const of = (env: NodeJS.ProcessEnv) => gatewaySettings(readSettings(env));

describe('the settings of the gateway', () => {
  test('are those it needs', () => {
    expect(of({ ...complete, MDSYNC_GATEWAY_PORT: '4000' })).toEqual({
      databaseUrl: complete.DATABASE_URL,
      operatorToken: complete.MDSYNC_OPERATOR_TOKEN,
      campaignTokens: [{ name: 'campaigns', value: complete.MDSYNC_GATEWAY_TOKEN }],
      host: '127.0.0.1',
      port: 4000,
      callbackHosts: [],
      local: false,
    });
  });

  test.each(Object.keys(complete))('without %s: says so, and how to get it', (name) => {
    const { [name as keyof typeof complete]: _left, ...rest } = complete;
    expect(() => of(rest)).toThrow(new RegExp(`- ${name} must be set: .*\n.*npm start`));
    for (const other of Object.keys(rest)) expect(() => of(rest)).not.toThrow(other);
  });

  test('with nothing: says all at once', () => {
    for (const name of Object.keys(complete)) expect(() => of({})).toThrow(name);
  });

  test('name the Marketo instance, by its address or as set', () => {
    const real = { ...complete, ...marketo('https://123-abc-456.mktorest.com') };
    expect(of(real).munchkinId).toBe('123-ABC-456');
    expect(of({ ...real, MARKETO_MUNCHKIN_ID: '999-XYZ-000' }).munchkinId).toBe('999-XYZ-000');
    expect(of(complete)).not.toHaveProperty('munchkinId');
  });

  test.each([
    ['http://127.0.0.1:3301', 'http://localhost:3302', true],
    ['http://127.0.0.1:3301', 'https://contoso.crm.dynamics.com', false],
    ['https://123-ABC-456.mktorest.com', 'http://127.0.0.1:3302', false],
  ])('%s and %s are both on this machine: %s', (one, other, local) => {
    expect(of({ ...complete, ...marketo(one), ...dataverse(other) }).local).toBe(local);
  });
});
