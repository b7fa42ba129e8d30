import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../../src/config/env';
import { readTokens } from '../../../src/config/namedTokens';

const OLD = 'old-token-1234';
const NEW = 'new-token-5678';

describe('named tokens', () => {
  test('are separated by commas or lines, with comments and blanks', () => {
    const tokens = [
      { name: 'forms-2026', value: OLD },
      { name: 'nurture', value: NEW },
    ];
    expect(readTokens(`forms-2026:${OLD},nurture:${NEW}`)).toEqual({ tokens });
    expect(readTokens(`# campaigns\n\n forms-2026 : ${OLD} # until May\r\nnurture:${NEW}\n`)).toEqual({ tokens });
    expect(readTokens('')).toEqual({ tokens: [] });
  });

  test('may have one name while one replaces the other', () => {
    expect(readTokens(`forms:${OLD},forms:${NEW}`)).toHaveProperty('tokens.length', 2);
  });

  test.each([
    ['a token alone', `forms:${OLD},${NEW}`, 'entry 2 of 2 does not begin with a name'],
    ['an empty name', `:${OLD}`, 'entry 1 of 1 does not begin with a name'],
    ['a name with blanks', `my forms:${OLD}`, 'entry 1 of 1 does not begin with a name'],
    ['a short token', 'forms:short', 'the token of entry 1 of 1 is not 8 or more'],
    ['one token for two', `forms:${OLD},nurture:${OLD}`, 'entry 2 of 2 has the same one'],
  ])('%s: is told by its number, never by what it is', (_what, text, message) => {
    const { problem } = readTokens(text) as { problem: string };
    expect(problem).toContain(message);
    for (const secret of [OLD, NEW, 'short']) expect(problem).not.toContain(secret);
  });
});

describe('MDSYNC_GATEWAY_TOKENS', () => {
  const of = (env: NodeJS.ProcessEnv) => readSettings(env).gatewayTokens;

  test('is none when unset, else what it names', () => {
    expect(of({})).toEqual([]);
    expect(of({ MDSYNC_GATEWAY_TOKENS: `forms:${OLD}` })).toEqual([{ name: 'forms', value: OLD }]);
  });

  test('is refused with its own name when it makes no sense', () => {
    expect(() => of({ MDSYNC_GATEWAY_TOKENS: OLD })).toThrow('MDSYNC_GATEWAY_TOKENS must hold name:token');
  });

  test('must not hold the token of operators', () => {
    const env = { MDSYNC_GATEWAY_TOKENS: `forms:${OLD}`, MDSYNC_OPERATOR_TOKEN: OLD };
    expect(() => of(env)).toThrow('MDSYNC_OPERATOR_TOKEN is among MDSYNC_GATEWAY_TOKENS');
    expect(of({ ...env, MDSYNC_OPERATOR_TOKEN: NEW })).toHaveLength(1);
  });
});
