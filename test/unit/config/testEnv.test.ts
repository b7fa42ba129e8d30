import { describe, expect, test } from '@jest/globals';
import { SettingsError } from '../../../src/config/env';
import { readLiveSystems } from '../../../src/config/testEnv';

const MARKETO = {
  MARKETO_BASE_URL: 'https://123-ABC-456.mktorest.com/rest',
  MARKETO_CLIENT_ID: 'id',
  MARKETO_CLIENT_SECRET: 'secret',
};

describe('live systems', () => {
  test.each([{}, { MDSYNC_CONTRACT_LIVE: '' }, { MDSYNC_CONTRACT_LIVE: '0' }])(
    'are none without being asked for, whatever is set otherwise: %j',
    (flag) => {
      expect(readLiveSystems({ ...MARKETO, ...flag })).toBeUndefined();
    },
  );

  test('are the ones named by the normal settings, one side or both', () => {
    const live = readLiveSystems({ ...MARKETO, MDSYNC_CONTRACT_LIVE: '1', DATABASE_URL: 'not looked at' });
    expect(live).toEqual({ marketo: expect.objectContaining({ baseUrl: 'https://123-ABC-456.mktorest.com' }), maySetUp: false });
    expect(readLiveSystems({ ...MARKETO, MDSYNC_CONTRACT_LIVE: '1', MDSYNC_CONTRACT_SETUP: '1' })).toMatchObject({
      maySetUp: true,
    });
  });

  test.each([
    [{ MDSYNC_CONTRACT_LIVE: '1' }, /neither MARKETO_BASE_URL nor DATAVERSE_URL/],
    [{ MDSYNC_CONTRACT_LIVE: 'yes' }, /MDSYNC_CONTRACT_LIVE is neither 1/],
    [{ MDSYNC_CONTRACT_LIVE: '1', MARKETO_BASE_URL: 'https://123-ABC-456.mktorest.com' }, /MARKETO_CLIENT_SECRET is missing/],
  ])('%j is refused with what to do', (env, message) => {
    expect(() => readLiveSystems(env)).toThrow(SettingsError);
    expect(() => readLiveSystems(env)).toThrow(message);
  });
});
