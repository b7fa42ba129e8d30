import { describe, expect, test } from '@jest/globals';
import { describeTransportError } from '../../../src/remote/transportError';

/** As axios throws it: the request, token included, hangs on the error. */
const thrown = (facts: { code?: string; syscall?: string; cause?: unknown }): Error =>
  Object.assign(new Error('request to https://host/?access_token=secret failed'), facts, {
    config: { headers: { Authorization: 'Bearer secret' } },
  });

describe('what a broken call means', () => {
  test.each([
    ['ECONNREFUSED', 'retry', 'side', 'unreachable', undefined],
    ['ENOTFOUND', 'retry', 'side', 'unreachable', undefined],
    ['EAI_AGAIN', 'retry', 'side', 'unreachable', undefined],
    ['ENETUNREACH', 'retry', 'side', 'unreachable', undefined],
    ['ECONNRESET', 'retry', 'request', 'reset', true],
    ['EPIPE', 'retry', 'request', 'reset', true],
    ['ERR_BAD_RESPONSE', 'retry', 'request', 'reset', true],
    ['ETIMEDOUT', 'retry', 'request', 'timeout', true],
    ['ECONNABORTED', 'retry', 'request', 'timeout', true],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'config', 'side', 'DEPTH_ZERO_SELF_SIGNED_CERT', undefined],
    ['CERT_HAS_EXPIRED', 'config', 'side', 'CERT_HAS_EXPIRED', undefined],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'config', 'side', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', undefined],
    ['ERR_INVALID_URL', 'config', 'side', 'ERR_INVALID_URL', undefined],
  ])('%s: %s, scope %s, code %s, outcome unknown %s', (code, kind, scope, word, outcomeUnknown) => {
    const failure = describeTransportError(thrown({ code }), undefined);
    expect(failure).toMatchObject({ kind, scope, code: word });
    expect(failure.outcomeUnknown).toBe(outcomeUnknown);
    expect(JSON.stringify(failure)).not.toContain('secret');
  });

  test('a time-out while connecting means that nothing was sent', () => {
    const failure = describeTransportError(thrown({ code: 'ETIMEDOUT', syscall: 'connect' }), undefined);
    expect(failure).toMatchObject({ code: 'unreachable' });
    expect(failure).not.toHaveProperty('outcomeUnknown');
  });

  test('the cause counts when the error itself says nothing', () => {
    expect(describeTransportError(thrown({ cause: { code: 'ECONNREFUSED', syscall: 'connect' } }), undefined)).toMatchObject({
      code: 'unreachable',
    });
  });

  test.each(['timeout', 'aborted'] as const)(
    'a call that we ended ourselves (%s) leaves its outcome open, whatever was thrown',
    (ended) => {
      expect(describeTransportError(thrown({ code: 'ECONNREFUSED' }), ended)).toMatchObject({
        code: ended,
        outcomeUnknown: true,
      });
    },
  );

  test.each([undefined, null, 'text', 7, new Error('secret')])('%p is no reason to throw', (error) => {
    const failure = describeTransportError(error, undefined);
    expect(failure).toMatchObject({ kind: 'retry', outcomeUnknown: true, code: 'reset' });
    expect(JSON.stringify(failure)).not.toContain('secret');
  });
});
