import { describe, expect, test } from '@jest/globals';
import type { Failure } from '../../../src/core/ports';
import { type Asked, classifyAnswer, classifyRecord } from '../../../src/marketo/classify';
import type { HttpAnswer } from '../../../src/remote/http';

const NOW = new Date('2026-03-01T12:00:00Z');
/** Six in the morning in Chicago; midnight there is 06:00 UTC. */
const UNTIL_RESET = 18 * 3_600_000;
const unknown = { outcomeUnknown: true } as const;

type Doing = Asked['doing'];
type Expected = readonly [kind: Failure['kind'], scope: Failure['scope'], rest?: Partial<Failure>];
type Line = readonly [code: string, message: string, doing: Doing, expected: Expected];

const answer = (status: number, text = '', headers: Record<string, string> = {}): HttpAnswer => ({ status, text, headers });

/** The fields of a failure that the table decides; absent ones must be absent. */
const decided = ({ kind, scope, outcomeUnknown, waitMs, field }: Failure): object => ({
  kind,
  scope,
  outcomeUnknown,
  waitMs,
  field,
});
const expectedOf = ([kind, scope, rest = {}]: Expected): object => decided({ code: '', message: '', ...rest, kind, scope });

/** Errors of a call as a whole, in the documentation's words. */
const CALLS: readonly Line[] = [
  ['500', 'Internal Server Error', 'write', ['retry', 'request', unknown]],
  ['502', 'Bad Gateway', 'write', ['retry', 'request', unknown]],
  ['600', 'Empty access token', 'read', ['config', 'side']],
  ['601', 'Access token invalid', 'read', ['config', 'side']],
  ['602', 'Access token expired', 'read', ['retry', 'side']],
  ['603', 'Access denied', 'write', ['config', 'side']],
  ['604', 'Request time-out', 'write', ['retry', 'request']],
  ['605', 'HTTP Method not supported', 'write', ['config', 'request']],
  ['606', "Max rate limit '100' exceeded with in '20' secs", 'write', ['throttled', 'side', { waitMs: 10_000 }]],
  ['607', 'Daily quota reached', 'feed', ['quota', 'side', { waitMs: UNTIL_RESET }]],
  ['608', 'API Temporarily Unavailable', 'write', ['retry', 'side', { waitMs: 30_000 }]],
  ['609', 'Invalid JSON', 'write', ['config', 'request']],
  ['610', 'Requested resource not found', 'look', ['config', 'request']],
  ['611', 'System error', 'write', ['retry', 'request']],
  ['612', 'Invalid Content Type', 'write', ['config', 'request']],
  ['613', 'Invalid Multipart Request', 'write', ['config', 'request']],
  ['614', 'Invalid Subscription', 'feed', ['retry', 'side', { waitMs: 30_000 }]],
  ['615', "Concurrent access limit '10' reached", 'read', ['throttled', 'side', { waitMs: 2_000 }]],
  ['616', 'Invalid subscription type', 'look', ['config', 'request']],
  ['617', 'in no documentation, and a 6xx', 'write', ['retry', 'request']],
  ['618', 'in no documentation, and a 6xx', 'write', ['retry', 'request']],
  ['701', 'fields cannot be blank', 'read', ['config', 'request']],
  ['702', 'No data found', 'log', ['rejected', 'request']],
  ['703', 'Feature not enabled for the subscription', 'look', ['config', 'request']],
  ['704', 'Invalid date format', 'look', ['config', 'request']],
  ['704', 'Invalid date format', 'feed', ['gone', 'cursor']],
  ['709', 'Business Rule Violation', 'look', ['rejected', 'request']],
  ['710', 'Parent Folder Not Found', 'look', ['rejected', 'request']],
  ['711', 'Incompatible Folder Type', 'look', ['rejected', 'request']],
  ['712', 'Merge to person Account operation is invalid', 'look', ['rejected', 'request']],
  ['713', 'Transient Error', 'write', ['retry', 'request', unknown]],
  ['714', 'Unable to find the default record type', 'look', ['rejected', 'request']],
  ['718', 'ExternalSalesPersonID not found', 'write', ['rejected', 'request']],
  ['719', 'Lock wait timeout exception', 'write', ['retry', 'request', unknown]],
  ['1003', 'Too many results match the filter', 'read', ['config', 'request']],
  ['1003', 'Invalid nextPageToken', 'feed', ['gone', 'cursor']],
  ['1001', "Invalid value 'x'. Required of type 'token'", 'feed', ['gone', 'cursor']],
  ['610', 'The paging token has expired', 'feed', ['gone', 'cursor']],
  ['1006', "Field 'nickName' not found", 'read', ['config', 'request', { field: 'nickName' }]],
  ['1006', "Field 'nickName' not found", 'feed', ['config', 'request', { field: 'nickName' }]],
  ['1006', "Field 'microsoftId' not found", 'create', ['config', 'request', { field: 'microsoftId' }]],
  ['1011', "Field 'microsoftId' not supported", 'create', ['config', 'request', { field: 'microsoftId' }]],
  ['1011', "Field 'phone' not supported", 'read', ['config', 'request', { field: 'phone' }]],
  ['1016', 'Too many imports', 'look', ['throttled', 'request', { waitMs: 60_000 }]],
  ['1018', 'CRM Enabled', 'write', ['config', 'side']],
  ['1019', 'Import in progress', 'look', ['throttled', 'request', { waitMs: 60_000 }]],
  ['1020', 'Too many clones to program', 'look', ['quota', 'request', { waitMs: UNTIL_RESET }]],
  ['1026', 'Custom object not enabled', 'look', ['config', 'request']],
  ['1029', 'Export daily quota 500MB exceeded', 'look', ['quota', 'request', { waitMs: UNTIL_RESET }]],
  ['1029', 'Too many jobs in queue', 'look', ['throttled', 'request', { waitMs: 60_000 }]],
  ['1029', 'Job already queued', 'look', ['rejected', 'request']],
  ['1035', 'Unsupported filter type', 'look', ['rejected', 'request']],
  ['1080', 'Too many leads', 'look', ['rejected', 'request']],
  ['4711', 'in no documentation', 'write', ['retry', 'request', unknown]],
];

/** Reasons why one record was skipped. */
const RECORDS: readonly Line[] = [
  ['1001', "Invalid value 'many'. Required of type 'Integer'", 'write', ['rejected', 'record', { field: 'numberOfEmployees' }]],
  ['1002', "Missing value for the required parameter 'lastName'", 'write', ['rejected', 'record', { field: 'lastName' }]],
  ['1003', 'Invalid data', 'write', ['rejected', 'record']],
  ['1004', 'Lead not found', 'write', ['gone', 'record']],
  ['1004', 'Lead not found', 'log', ['gone', 'record']],
  ['1005', 'Lead already exists', 'create', ['conflict', 'record']],
  ['1005', 'Lead already exists', 'write', ['rejected', 'record']],
  ['1006', "Field 'lastName' not found", 'write', ['rejected', 'record', { field: 'lastName' }]],
  ['1006', "Field 'rejectionId' not found", 'log', ['config', 'record', { field: 'rejectionId' }]],
  ['1007', 'Multiple lead match lookup criteria', 'create', ['rejected', 'record']],
  ['1008', "Access denied to partition 'Europe'", 'write', ['rejected', 'record']],
  ['1009', 'Partition name must be specified', 'create', ['rejected', 'record']],
  ['1010', 'Partition update not allowed', 'create', ['rejected', 'record']],
  ['1011', "Field 'lastName' not supported", 'write', ['rejected', 'record', { field: 'lastName' }]],
  ['1012', "Invalid cookie value 'x'", 'write', ['rejected', 'record']],
  // an object that the person points at is missing, which says nothing of the person
  ['1013', 'Object not found', 'write', ['rejected', 'record']],
  ['1013', "Activity type '100001' not found", 'log', ['config', 'record']],
  ['1014', 'Failed to create Object', 'write', ['retry', 'record']],
  ['1015', 'Lead not in list', 'write', ['rejected', 'record']],
  ['1017', 'Object already exists', 'look', ['rejected', 'record']],
  ['1021', 'Company update not allowed', 'write', ['rejected', 'record', { field: 'numberOfEmployees' }]],
  ['1022', 'Object in use', 'write', ['rejected', 'record']],
  ['1025', 'Program status not found', 'write', ['rejected', 'record']],
  ['1027', 'Max Activity Type Limit Reached', 'look', ['rejected', 'record']],
  ['1028', 'Max field limit reached', 'look', ['rejected', 'record']],
  ['1036', 'Duplicate object found in input', 'write', ['rejected', 'record']],
  ['1037', 'Lead was skipped', 'write', ['rejected', 'record']],
  ['1042', 'Invalid runAt date', 'look', ['rejected', 'record']],
  ['1048', 'Custom Object Discard Draft Failed', 'look', ['rejected', 'record']],
  ['1049', 'Failed to Create Activity', 'log', ['rejected', 'record']],
  ['1076', 'Merge Leads failed', 'look', ['rejected', 'record']],
  ['1077', 'Merge Leads failed', 'look', ['rejected', 'record']],
  ['1078', 'Merge Leads failed', 'look', ['rejected', 'record']],
  ['1079', 'Merge Leads failed', 'look', ['rejected', 'record']],
  ['713', 'Transient Error', 'write', ['retry', 'record']],
  ['4711', 'in no documentation', 'write', ['retry', 'record']],
];

const SENT = { numberOfEmployees: 'many', lastName: 'Doe', phone: null } as const;

/** Every code that Marketo's lists of errors name. */
const DOCUMENTED = `
  500 502 600 601 602 603 604 605 606 607 608 609 610 611 612 613 614 615 616 701 702 703 704 709 710 711 712 713 714 718 719
  1001 1002 1003 1004 1005 1006 1007 1008 1009 1010 1011 1012 1013 1014 1015 1016 1017 1018 1019 1020 1021 1022 1025 1026 1027
  1028 1029 1035 1036 1037 1042 1048 1049 1076 1077 1078 1079 1080`;

describe('classify', () => {
  test('is tried with every documented code', () => {
    const tried = new Set([...CALLS, ...RECORDS].map(([code]) => code));
    expect(
      DOCUMENTED.trim()
        .split(/\s+/)
        .filter((code) => !tried.has(code)),
    ).toEqual([]);
  });

  // Codes of records are met for whole calls, too.
  test.each(RECORDS.filter(([code]) => code.length === 4))(
    'a call refused as a whole with %s "%s" is sent again as it is only where time may mend it',
    (code, message, doing) => {
      const failure = classifyAnswer(answer(200, '{}'), [{ code, message }], { doing }, NOW);
      expect(failure).toMatchObject({ code, scope: expect.stringMatching(/^(?:request|side)$/) });
      expect(failure.kind === 'retry').toBe(code === '1014' || code === '4711');
    },
  );

  test.each(CALLS)('a call refused with %s "%s" while doing %s', (code, message, doing, expected) => {
    const failure = classifyAnswer(answer(200, '{}'), [{ code, message }], { doing }, NOW);
    expect(failure).toMatchObject({ code, message });
    expect(decided(failure)).toEqual(expectedOf(expected));
  });

  test.each(RECORDS)('a record skipped with %s "%s" while doing %s', (code, message, doing, expected) => {
    const failure = classifyRecord([{ code, message }], { doing, sent: SENT }, NOW);
    expect(failure).toMatchObject({ code, message });
    expect(decided(failure)).toEqual(expectedOf(expected));
  });

  test.each<readonly [number, string, string, Expected]>([
    [200, '<html>Down for maintenance</html>', 'html', ['retry', 'request', unknown]],
    [200, '', 'empty', ['retry', 'request', unknown]],
    [200, '{"requestId":"1"}', 'unreadable', ['retry', 'request', unknown]],
    [302, '', 'http302', ['config', 'side']],
    [400, 'Bad Request', 'http400', ['config', 'request']],
    [401, '', 'http401', ['config', 'side']],
    [403, '<html>Forbidden</html>', 'http403', ['config', 'side']],
    [404, 'Not Found', 'http404', ['config', 'side']],
    [408, '', 'http408', ['retry', 'request', unknown]],
    [413, '<html>Request Entity Too Large</html>', 'http413', ['rejected', 'request']],
    [414, '<html>URI Too Long</html>', 'http414', ['config', 'request']],
    [429, '', 'http429', ['throttled', 'side', { waitMs: 10_000 }]],
    [500, '<html>Oops</html>', 'http500', ['retry', 'request', unknown]],
    [503, '', 'http503', ['retry', 'request', unknown]],
  ])('an answer without an envelope, status %i, text "%s"', (status, text, code, expected) => {
    const failure = classifyAnswer(answer(status, text), [], { doing: 'write' }, NOW);
    expect(failure.code).toBe(code);
    expect(decided(failure)).toEqual(expectedOf(expected));
  });

  test.each([
    [503, '7', 'retry', 7_000],
    [429, 'Sun, 01 Mar 2026 12:00:30 GMT', 'throttled', 30_000],
    [429, 'later', 'throttled', 10_000],
  ])('a wait that a gateway asks for with %i and Retry-After "%s" is kept', (status, value, kind, waitMs) => {
    const failure = classifyAnswer(answer(status, '', { 'retry-after': value }), [], { doing: 'read' }, NOW);
    expect(failure).toMatchObject({ kind, waitMs });
  });

  test('all problems are looked at, and the gravest decides', () => {
    const missing = { code: '1006', message: "Field 'lastName' not found" };
    const absent = { code: '1004', message: 'Lead not found' };
    const both = classifyRecord([missing, absent], { doing: 'write', sent: SENT }, NOW);
    expect(both).toMatchObject({ kind: 'gone', code: '1004', message: "Lead not found; Field 'lastName' not found" });
    expect(classifyRecord([missing], { doing: 'write', sent: SENT }, NOW)).toMatchObject({ kind: 'rejected' });
    const busy = { code: '606', message: 'Max rate limit' };
    expect(classifyAnswer(answer(200), [missing, busy], { doing: 'write' }, NOW)).toMatchObject({
      kind: 'throttled',
      code: '606',
    });
  });

  test('a record skipped without a reason is tried again', () => {
    expect(classifyRecord([], { doing: 'write' }, NOW)).toMatchObject({ kind: 'retry', scope: 'record', code: 'skipped' });
  });

  describe('names the field', () => {
    const field = (message: string, sent: Asked['sent'] = SENT, code = '1003'): string | undefined =>
      classifyRecord([{ code, message }], { doing: 'write', ...(sent ? { sent } : {}) }, NOW).field;

    test('by its name, whatever its case', () => {
      expect(field("Value for required field 'LASTNAME' not specified")).toBe('lastName');
      expect(field("Invalid data: field 'phone' is read only")).toBe('phone');
    });
    test('by the value it was given', () => {
      expect(field("Invalid value 'many'. Required of type 'Integer'")).toBe('numberOfEmployees');
    });
    test('but not when two fields were given that value', () => {
      expect(field("Invalid value 'x'. Required of type 'Date'", { first: 'x', second: 'x' })).toBeUndefined();
      expect(field("Invalid value 'x'. Required of type 'Date'", { first: 'x', second: 'y' })).toBe('first');
    });
    test('by being the only one mentioned', () => {
      expect(field('The phone does not look right')).toBe('phone');
      expect(field('phone and lastName do not look right')).toBeUndefined();
    });
    test('by being of the company', () => {
      expect(field('Company update not allowed', { lastName: 'Doe', industry: 'Toys' }, '1021')).toBe('industry');
      expect(field('Company update not allowed', { lastName: 'Doe' }, '1021')).toBeUndefined();
    });
  });
});
