import { describe, expect, test } from '@jest/globals';
import { environmentOfPrograms } from '../../../src/config/embeddedEnv';
import { readSettings } from '../../../src/config/env';

const REAL = { MARKETO_CLIENT_ID: 'an-id', MARKETO_CLIENT_SECRET: 'hush' };
const hostsOf = (MDSYNC_CALLBACK_HOSTS: string) => readSettings({ MDSYNC_CALLBACK_HOSTS }).callbackHosts;

describe('MDSYNC_CALLBACK_HOSTS', () => {
  test('is none when unset, and a list of names in lower case', () => {
    expect(readSettings({}).callbackHosts).toEqual([]);
    expect(hostsOf('Hooks.example.com, *.Example.net 127.0.0.1')).toEqual(['hooks.example.com', '*.example.net', '127.0.0.1']);
  });

  test.each(['https://hooks.example.com', 'hooks.example.com:8443', '*', 'a.*.example.com', '-x.example.com'])(
    'refuses %s',
    (value) => {
      expect(() => hostsOf(value)).toThrow('MDSYNC_CALLBACK_HOSTS must be host names');
    },
  );
});

describe('the Munchkin id', () => {
  test.each([
    ['https://123-abc-456.mktorest.com', undefined, '123-ABC-456'],
    ['https://123-ABC-456.mktorest.com', '999-XYZ-000', '999-XYZ-000'],
    ['https://marketo.example.com', undefined, undefined],
  ])('of %s with %s set is %s', (MARKETO_BASE_URL, given, expected) => {
    const settings = readSettings({ ...REAL, MARKETO_BASE_URL, ...(given !== undefined && { MARKETO_MUNCHKIN_ID: given }) });
    expect(settings.munchkinId).toBe(expected);
  });

  test('is not known of the local Marketo, which may be called in any name', () => {
    expect(readSettings({})).not.toHaveProperty('munchkinId');
  });
});

describe('npm start', () => {
  const services = {
    dataDir: '/data',
    databaseUrl: 'postgres://x',
    tokens: { gateway: 'gateway-token', operator: 'operator-token' },
  };
  const hostsFor = (env: NodeJS.ProcessEnv) => environmentOfPrograms(readSettings(env), services, env)['MDSYNC_CALLBACK_HOSTS'];

  test('lets the local Marketo be answered, beside what is configured', () => {
    expect(hostsFor({})).toBe('127.0.0.1');
    expect(hostsFor({ MDSYNC_CALLBACK_HOSTS: 'hooks.example.com' })).toBe('hooks.example.com,127.0.0.1');
  });

  test('does not open this machine to a real Marketo', () => {
    expect(hostsFor({ ...REAL, MARKETO_BASE_URL: 'https://123-ABC-456.mktorest.com' })).toBeUndefined();
  });
});
