import { describe, expect, test } from '@jest/globals';
import { callbackUrlProblem, isCallbackHost } from '../../../src/core/callbackAddress';
import { answerFor, ERROR_CODES, OPERATIONS, type PersonEnd } from '../../../src/core/flowStep';

const ID = '6c9f0000-0000-4000-8000-000000000001';
const end = (over: Partial<PersonEnd>): PersonEnd => ({ refusal: null, syncAs: 'contact', outcome: null, table: null, ...over });

describe('what is answered for a person', () => {
  test.each(['created', 'linked', 'alreadySynced'] as const)('%s: a success with the row', (status) => {
    expect(answerFor(end({ outcome: { status, microsoftId: ID }, table: 'contact' }))).toEqual({
      fields: { microsoftId: ID, microsoftType: 'Contact' },
      activity: { success: true, operation: status, microsoftId: ID, microsoftType: 'Contact', syncAsValue: 'contact' },
    });
  });

  test('a linked row may be of the other kind than was asked for', () => {
    const { activity } = answerFor(end({ outcome: { status: 'linked', microsoftId: ID }, table: 'lead' }));
    expect(activity).toMatchObject({ microsoftType: 'Lead', syncAsValue: 'contact' });
  });

  test('unfinished: a success that is queued, and no field is touched', () => {
    expect(answerFor(end({}))).toEqual({ fields: {}, activity: { success: true, operation: 'queued', syncAsValue: 'contact' } });
  });

  test('refused by Dynamics: a failure with reason and one error code for all of its codes', () => {
    const outcome = { status: 'rejected', code: '0x80040265', reason: 'Dynamics refused telephone1 (0x80040265)' } as const;
    expect(answerFor(end({ outcome }))).toEqual({
      fields: {},
      activity: {
        success: false,
        operation: 'rejected',
        syncAsValue: 'contact',
        errorCode: 'DYNAMICS_REFUSED',
        reason: 'Dynamics refused telephone1 (0x80040265)',
      },
    });
  });

  test.each([
    ['rejected', 'personNotFound', 'PERSON_NOT_FOUND'],
    ['rejected', 'unknownOwner', 'UNKNOWN_OWNER'],
    ['rejected', 'nothingToSend', 'NOTHING_TO_SEND'],
    ['review', 'ambiguousMatch', 'AMBIGUOUS_MATCH'],
    ['review', undefined, 'NEEDS_REVIEW'],
  ] as const)('%s because of %s is %s', (status, code, errorCode) => {
    const { activity } = answerFor(end({ outcome: { status, ...(code && { code }) } }));
    expect(activity).toMatchObject({ success: false, operation: status, errorCode });
    expect(Object.keys(ERROR_CODES)).toContain(errorCode);
  });

  test('a refusal at the door is a failure with its own code', () => {
    const refusal = { code: 'UNKNOWN_SYNC_AS', reason: 'Sync As must be lead or contact' };
    expect(answerFor(end({ refusal, syncAs: null }))).toEqual({
      fields: {},
      activity: { success: false, operation: 'rejected', reason: refusal.reason, errorCode: 'UNKNOWN_SYNC_AS' },
    });
  });

  test('a row that a failure names is not written to the person', () => {
    const { fields, activity } = answerFor(end({ outcome: { status: 'review', microsoftId: ID }, table: 'lead' }));
    expect([fields, activity['microsoftId']]).toEqual([{}, undefined]);
  });

  test('a reason is cut to the 255 bytes Marketo keeps, between characters', () => {
    const reasonOf = (reason: string) => String(answerFor(end({ outcome: { status: 'rejected', reason } })).activity['reason']);
    expect(reasonOf('x'.repeat(255))).toHaveLength(255);
    expect(reasonOf('x'.repeat(256))).toHaveLength(255);
    expect(Buffer.byteLength(reasonOf('é'.repeat(200)))).toBe(254);
    expect(reasonOf(`${'x'.repeat(252)}😀`)).toBe('x'.repeat(252));
    expect(reasonOf(`${'x'.repeat(251)}😀`)).toBe(`${'x'.repeat(251)}😀`);
  });

  test('every word has a meaning and a next step', () => {
    for (const { meaning, next } of Object.values(OPERATIONS))
      expect([meaning, next].every((text) => text.endsWith('.'))).toBe(true);
  });
});

describe('where an answer may go', () => {
  const hosts = ['hooks.example.com', '*.example.net'];

  test.each(['mkto-cfa.adobe.io', 'a.b.adobe.io', 'hooks.example.com', 'x.example.net'])('%s may be called', (name) => {
    expect(isCallbackHost(name, hosts)).toBe(true);
  });

  test.each(['adobe.io', '.adobe.io', 'xadobe.io', 'x.hooks.example.com', 'example.net', 'adobe.io.example.com'])(
    '%s may not',
    (name) => {
      expect(isCallbackHost(name, hosts)).toBe(false);
    },
  );

  test.each(['127.0.0.1', '8.8.8.8', '[::1]'])('%s may not even where the settings name it', (address) => {
    expect(isCallbackHost(address, [address])).toBe(false);
  });

  test('a URL that may be called has no problem, another one says which', () => {
    expect(callbackUrlProblem('https://mkto-cfa.adobe.io/x', [])).toBeUndefined();
    expect(callbackUrlProblem('http://127.0.0.1:3301/x', ['127.0.0.1'])).toBeUndefined();
    expect(callbackUrlProblem('ftp://127.0.0.1:3301/x', ['127.0.0.1'])).toContain('http or https');
    expect(callbackUrlProblem('https://example.com/x', [])).toContain('MDSYNC_CALLBACK_HOSTS');
  });
});
