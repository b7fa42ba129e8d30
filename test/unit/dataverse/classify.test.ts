import { describe, expect, it } from '@jest/globals';
import type { Failure } from '../../../src/core/ports';
import { type Asked, classify } from '../../../src/dataverse/classify';

const ID = '11111111-2222-3333-4444-555555555555';
const OTHER = '99999999-2222-3333-4444-555555555555';
const NOW = new Date('2026-03-01T12:00:00Z');
const record = { entity: 'contact', id: ID } as const;
const asked = {
  read: { doing: 'read', record },
  write: { doing: 'write', record, sent: ['emailaddress1', 'lastname'] },
  create: { doing: 'create', record, sent: ['lastname'] },
  feed: { doing: 'feed' },
  look: { doing: 'look' },
} satisfies Record<string, Asked>;

type Expected = readonly [kind: Failure['kind'], scope: Failure['scope'], rest?: Partial<Failure>];
type Line = readonly [status: number, code: string | undefined, message: string, doing: keyof typeof asked, expected: Expected];
const unknown = { outcomeUnknown: true } as const;

const LINES: readonly Line[] = [
  // limits
  [
    429,
    '0x80072322',
    'Number of requests exceeded the limit of 6000 over time window of 300 seconds.',
    'write',
    ['throttled', 'side', { waitMs: 10_000 }],
  ],
  [
    429,
    '0x80072321',
    'Combined execution time of incoming requests exceeded limit',
    'read',
    ['throttled', 'side', { waitMs: 10_000 }],
  ],
  [
    429,
    '0x80072326',
    'Number of concurrent requests exceeded the limit of 52.',
    'feed',
    ['throttled', 'side', { waitMs: 10_000 }],
  ],
  [429, '', '', 'look', ['throttled', 'side', { code: 'http429', waitMs: 10_000 }]],
  [503, '0x8005F103', 'Too many requests.', 'write', ['throttled', 'side', { code: '0x8005f103', waitMs: 10_000 }]],
  [503, '0x80072327', 'too many concurrent requests', 'write', ['throttled', 'side', { waitMs: 10_000 }]],
  // who we are
  [401, undefined, '', 'read', ['config', 'side', { code: 'http401' }]],
  [403, '0x80072560', 'The user is not a member of the organization.', 'look', ['config', 'side']],
  [403, '', 'The user is not a member of the organization.', 'look', ['config', 'side', { code: '0x80072560' }]],
  [403, '0x8004A110', 'User does not have the privilege to act on behalf another user.', 'write', ['config', 'side']],
  [400, '0x8004A104', 'The organization you are attempting to access is currently disabled.', 'read', ['config', 'side']],
  // feeds
  [
    400,
    '0x80044352',
    'Version stamp associated with the client has expired. Please perform a full sync.',
    'feed',
    ['gone', 'cursor'],
  ],
  [
    410,
    '',
    'Version stamp associated with the client has expired. Please perform a full sync.',
    'feed',
    ['gone', 'cursor', { code: '0x80044352' }],
  ],
  [
    500,
    '-2147204270',
    'Version stamp associated with the client has expired.',
    'feed',
    ['gone', 'cursor', { code: '0x80044352' }],
  ],
  [400, '0x80072491', "Entity contact isn't enabled for change tracking.", 'feed', ['config', 'side']],
  // versions and duplicates
  [
    412,
    '0x80060882',
    "The version of the existing record doesn't match the RowVersion property provided.",
    'write',
    ['conflict', 'record'],
  ],
  [
    412,
    '',
    "The version of the existing record doesn't match the RowVersion property provided.",
    'write',
    ['conflict', 'record', { code: '0x80060882' }],
  ],
  [
    412,
    '0x80060892',
    'Entity Key Mail violated. A record with the same value for Email already exists.',
    'create',
    ['conflict', 'record'],
  ],
  [412, '0x80040237', 'A record with matching key values already exists.', 'create', ['rejected', 'record']],
  [412, '', 'A record with matching key values already exists.', 'create', ['rejected', 'record', { code: '0x80040237' }]],
  [
    412,
    '0x80040333',
    'A record was not created or updated because a duplicate of the current record already exists.',
    'write',
    ['rejected', 'record'],
  ],
  [
    500,
    '0x80040333',
    'A record was not created or updated because a duplicate of the current record already exists.',
    'write',
    ['rejected', 'record'],
  ],
  [412, '', 'some other precondition', 'write', ['rejected', 'record', { code: 'http412' }]],
  [400, '0x8006088D', "Optimistic concurrency isn't enabled for entity type contact.", 'write', ['config', 'side']],
  [400, '0x80060883', 'The RowVersion property must be provided', 'write', ['config', 'side']],
  // absence
  [404, '0x80040217', `contact With Id = ${ID} Does Not Exist`, 'read', ['gone', 'record']],
  [404, '0x80040217', `Entity 'Contact' With Id = ${ID.toUpperCase()} Does Not Exist`, 'write', ['gone', 'record']],
  [404, '', `contact With Id = ${ID} Does Not Exist`, 'read', ['gone', 'record', { code: '0x80040217' }]],
  [404, '0x80040217', 'The specified object was not found.', 'read', ['gone', 'record']],
  [404, '0x80040217', `Entity 'account' With Id = ${OTHER} Does Not Exist`, 'write', ['rejected', 'record']],
  [404, '0x80040217', `Entity 'account' With Id = ${ID} Does Not Exist`, 'read', ['rejected', 'record']],
  [404, '0x80040217', `contact With Id = ${OTHER} Does Not Exist`, 'write', ['rejected', 'record']],
  [404, '0x80040217', `contact With Id = ${ID} Does Not Exist`, 'create', ['rejected', 'record']],
  [404, '0x80040217', `systemuser With Id = ${OTHER} Does Not Exist`, 'create', ['rejected', 'record', { field: 'ownerid' }]],
  [404, '0x80060891', 'A record with the specified key values does not exist in contact entity', 'write', ['rejected', 'record']],
  [404, '', 'No HTTP resource was found that matches the request URI', 'read', ['config', 'request', { code: 'unknownUrl' }]],
  [404, undefined, '<html><title>Not here</title></html>', 'read', ['config', 'request', { code: 'html', message: 'Not here' }]],
  [404, undefined, '', 'read', ['config', 'request', { code: 'http404' }]],
  [400, '0x80060890', 'The specified key attributes are not a defined key for the contact entity', 'read', ['config', 'request']],
  // locks and time-outs
  [500, '0x80044150', 'Generic SQL error.', 'write', ['retry', 'record', { code: '0x80044150' }]],
  [500, '0x80044151', 'SQL timeout expired.', 'write', ['retry', 'record', unknown]],
  [400, '0x80044339', 'chosen as a deadlock victim', 'write', ['retry', 'record']],
  [500, '0x8004418D', 'no Sandbox Worker processes are currently available', 'write', ['retry', 'record']],
  [500, '0x80044171', 'timed-out at the Sandbox Client', 'write', ['retry', 'record', unknown]],
  [500, '0x80044172', 'timed-out at the Sandbox Host', 'write', ['retry', 'record', unknown]],
  [500, '0x80044173', 'timed-out at the Sandbox Worker', 'write', ['retry', 'record', unknown]],
  [500, '0x80081111', "Didn't receive a response from the plug-in", 'write', ['retry', 'record', unknown]],
  [500, '0x80048543', 'a solution is being imported', 'write', ['retry', 'side', { ...unknown, waitMs: 300_000 }]],
  [500, '0x80048553', 'the database is being upgraded', 'write', ['retry', 'side', { ...unknown, waitMs: 300_000 }]],
  [500, '0x80040216', 'An unexpected error occurred.', 'write', ['retry', 'record', unknown]],
  [400, '0x80040224', 'An unexpected error occurred from ISV code.', 'write', ['retry', 'record', unknown]],
  // the environment's rules
  [400, '0x80040265', 'Only managers may do this', 'write', ['rejected', 'record', { message: 'Only managers may do this' }]],
  [400, '0x80040265', 'The emailaddress1 is on the block list', 'write', ['rejected', 'record', { field: 'emailaddress1' }]],
  [
    400,
    '0x80044331',
    "A validation error occurred.  The length of the 'lastname' attribute of the 'contact' entity exceeded the maximum allowed length of '50'.",
    'write',
    ['rejected', 'record', { field: 'lastname' }],
  ],
  [
    400,
    '',
    "A validation error occurred.  The length of the 'lastname' attribute of the 'contact' entity exceeded the maximum allowed length of '50'.",
    'write',
    ['rejected', 'record', { code: '0x80044331', field: 'lastname' }],
  ],
  [
    400,
    '0x8004431A',
    "A validation error occurred. The value 3 of 'leadsourcecode' on record of type 'lead' is outside the valid range. Accepted Values: 1,2",
    'write',
    ['rejected', 'record', { field: 'leadsourcecode' }],
  ],
  [
    400,
    '0x8004432F',
    "A validation error occurred. The value -1 of 'numberofchildren' on record of type 'contact' is outside the valid range. Accepted Values: 0 to 10",
    'write',
    ['rejected', 'record', { field: 'numberofchildren' }],
  ],
  [
    400,
    '0x80044330',
    'A decimal value provided is outside of the allowed values for this attribute.',
    'write',
    ['rejected', 'record'],
  ],
  [
    400,
    '0x80040239',
    'The date-time format is invalid, or value is outside the supported range.',
    'write',
    ['rejected', 'record'],
  ],
  [
    400,
    '0x80040278',
    "The field 'lastname' contains one or more invalid characters.",
    'write',
    ['rejected', 'record', { field: 'lastname' }],
  ],
  [400, '0x80040200', 'Required field missing.', 'create', ['rejected', 'record']],
  [400, '0x80040203', 'Invalid argument.', 'write', ['rejected', 'record']],
  [400, '0x80040317', 'Supplied value exceeded the MIN/MAX value of Money Type field.', 'write', ['rejected', 'record']],
  [400, '0x80048408', 'State code is invalid', 'write', ['rejected', 'record']],
  [400, '0x80040233', 'The object is not in a valid state to perform this operation.', 'write', ['rejected', 'record']],
  [400, '0x8004022E', 'The object cannot be updated because it is read-only.', 'write', ['rejected', 'record']],
  [400, '0x80040229', 'The owner ID is invalid or missing.', 'create', ['rejected', 'record', { field: 'ownerid' }]],
  [400, '0x80040210', 'Invalid assignee id.', 'create', ['rejected', 'record', { field: 'ownerid' }]],
  [
    403,
    '0x80040231',
    'Target user or team does not hold required privileges.',
    'create',
    ['rejected', 'record', { field: 'ownerid' }],
  ],
  [405, '0x80040227', 'associated with another object and cannot be deleted', 'write', ['rejected', 'record']],
  [400, '0x80040519', 'The lead is already closed.', 'write', ['rejected', 'record']],
  [400, '0x80081018', "You can't qualify this lead", 'write', ['rejected', 'record']],
  [400, '0x80045301', 'Cannot merge a record with itself', 'write', ['rejected', 'record']],
  [400, '0x80045304', 'The subordinate has been merged already', 'write', ['rejected', 'record']],
  [400, '0x80045305', 'The master is not active', 'write', ['rejected', 'record']],
  // permissions
  [
    403,
    '0x8004F507',
    'Caller user with Id 1 does not have update permissions to a Email secured field on entity Contact table. The requested operation could not be completed.',
    'write',
    ['rejected', 'record', { field: 'emailaddress1' }],
  ],
  [403, '0x8004F502', 'The user does not have create permissions to a secured field.', 'create', ['rejected', 'record']],
  [403, '0x8004F504', 'The user does not have read permissions to a secured field.', 'read', ['rejected', 'record']],
  [
    403,
    '0x80040220',
    "Principal user (Id=1, type=8), is missing prvReadcontact privilege on OTC=2 for entity 'contact'",
    'read',
    ['config', 'side'],
  ],
  [403, '0x80048306', 'Not enough privilege', 'write', ['config', 'side']],
  [403, '0x80040299', 'CrmCheckPrivilege failed.', 'write', ['config', 'side']],
  [400, '0x80040204', 'User does not have the privilege to perform this action.', 'read', ['config', 'side']],
  [
    403,
    '0x80040220',
    `Principal with id ${OTHER} does not have WriteAccess right(s) for record with id ${ID} of entity contact.`,
    'write',
    ['rejected', 'record'],
  ],
  [403, undefined, '<html>blocked</html>', 'read', ['config', 'side', { code: 'html' }]],
  // columns and URLs
  [
    400,
    '0x80060888',
    "Could not find a property named 'jobtitle' on type 'Microsoft.Dynamics.CRM.contact'.",
    'read',
    ['config', 'request', { field: 'jobtitle' }],
  ],
  [
    400,
    '0x0',
    "Could not find a property named '_ownerid_value' on type 'Microsoft.Dynamics.CRM.contact'.",
    'feed',
    ['config', 'request', { code: 'unknownColumn', field: 'ownerid' }],
  ],
  [
    400,
    '0x80048d19',
    "Error identified in Payload provided by the user for Entity :'contacts'  ---->  InnerException : Microsoft.OData.ODataException: An undeclared property 'parentcustomerid' which only has property annotations",
    'write',
    ['rejected', 'record', { field: 'parentcustomerid' }],
  ],
  [
    400,
    '0x80048d19',
    "Error identified in Payload ... Cannot convert the literal 'Charity' to the expected type 'Edm.Int32'.",
    'write',
    ['rejected', 'record'],
  ],
  [400, '0x80048d19', 'Stream was not readable', 'look', ['rejected', 'request']],
  [404, '0x8006088a', "Resource not found for the segment 'Account'.", 'read', ['config', 'request']],
  [400, '', "Resource not found for the segment 'Account'.", 'read', ['config', 'request', { code: 'unknownUrl' }]],
  // statuses alone
  [413, undefined, '', 'write', ['rejected', 'request', { code: 'http413' }]],
  [414, undefined, '', 'read', ['config', 'request', { code: 'http414' }]],
  [414, '', 'The length of the URL exceeds the limit of 32768 characters.', 'look', ['config', 'request', { code: 'http414' }]],
  [408, undefined, '', 'write', ['retry', 'request', unknown]],
  [415, undefined, '', 'write', ['config', 'request']],
  // codes in no catalogue take what their status means
  [400, '0x8004ffff', 'never heard of', 'write', ['rejected', 'record']],
  [403, '0x8004ffff', 'never heard of', 'write', ['config', 'side']],
  [405, '0x8004ffff', 'never heard of', 'write', ['config', 'request']],
  [429, '0x8004ffff', 'never heard of', 'write', ['throttled', 'side', { waitMs: 10_000 }]],
  [500, '0x8004ffff', 'never heard of', 'write', ['retry', 'request', unknown]],
  [400, undefined, '', 'look', ['rejected', 'request', { code: 'http400', message: 'HTTP 400 without a message' }]],
  [501, undefined, '', 'write', ['config', 'request']],
  [500, undefined, '', 'write', ['retry', 'request', { ...unknown, code: 'http500' }]],
  [502, undefined, '<html><title>502 Bad Gateway</title></html>', 'write', ['retry', 'request', { ...unknown, code: 'html' }]],
  [503, undefined, 'Service Unavailable', 'write', ['retry', 'request', unknown]],
  [504, undefined, '', 'write', ['retry', 'request', unknown]],
  [302, undefined, '', 'read', ['config', 'side']],
  [200, undefined, '', 'write', ['retry', 'request', { ...unknown, code: 'empty' }]],
  [200, undefined, '<html><title>Sign in</title></html>', 'write', ['retry', 'request', { ...unknown, code: 'html' }]],
];

function answer(status: number, code: string | undefined, message: string, headers: Record<string, string> = {}) {
  return { status, headers, text: code === undefined ? message : JSON.stringify({ error: { code, message } }) };
}

const hints = { columnLabelled: (label: string) => (label === 'Email' ? 'emailaddress1' : undefined) };

/** The fields of a failure that the table decides; absent ones must be absent. */
const decided = ({ kind, scope, outcomeUnknown, waitMs, field }: Failure): object => ({
  kind,
  scope,
  outcomeUnknown,
  waitMs,
  field,
});

/** Every code that the documentation of limits, conflicts, permissions and refused values names. */
const DOCUMENTED = `
  80072322 80072321 80072326 8005f103 80072327 80044150 80044151 80044339 8004418d 80044171 80044172 80044173 80081111 80048543
  80048553 80040216 80040224 8004a104 8004a110 80060882 80060883 8006088d 80040237 80060892 80040333 80040217 80060891 80060890
  80040265 80044331 8004431a 8004432f 80044330 80040239 80040278 80040200 80040203 80048408 80040233 8004022e 80048d19 80060888
  8006088a 80040220 80048306 80040299 8004f507 8004f502 8004f504 80072560 80040229 80040210 80040231 80040227 80044352 80072491
  80040519 80081018 80045301 80045304 80045305 80040204 80040317`;

describe('classify', () => {
  it('is tried with every documented code', () => {
    const tried = new Set(LINES.map(([, code]) => code?.toLowerCase()));
    expect(
      DOCUMENTED.trim()
        .split(/\s+/)
        .filter((code) => !tried.has(`0x${code}`)),
    ).toEqual([]);
  });

  it.each(LINES)('%s %s "%s" while doing %s', (status, code, message, doing, [kind, scope, rest]) => {
    const failure = classify(answer(status, code, message), { ...asked[doing], ...hints }, NOW);
    expect(failure).toMatchObject({ ...rest });
    expect(decided(failure)).toEqual(decided({ code: '', message: '', ...rest, kind, scope }));
    if (code?.startsWith('0x8') && rest?.code === undefined) expect(failure.code).toBe(code.toLowerCase());
  });

  it.each([
    ['seconds', 429, '0x80072322', '17', 'throttled', 17_000],
    ['a date', 429, '0x80072322', 'Sun, 01 Mar 2026 12:00:30 GMT', 'throttled', 30_000],
    ['a date that has passed', 429, '0x80072322', 'Sun, 01 Mar 2026 11:00:00 GMT', 'throttled', 0],
    ['seconds, from a gateway', 503, undefined, '120', 'retry', 120_000],
    ['words', 429, '0x80072322', 'later', 'throttled', 10_000],
  ])('takes Retry-After in %s', (_form, status, code, value, kind, waitMs) => {
    const limited = answer(status, code, 'Number of requests exceeded', { 'retry-after': value });
    expect(classify(limited, asked.write, NOW)).toMatchObject({ kind, waitMs });
  });

  it('does not wait for what no waiting mends', () => {
    expect(classify(answer(400, '0x80044331', 'too long', { 'retry-after': '17' }), asked.write, NOW)).not.toHaveProperty(
      'waitMs',
    );
  });

  it('reads the ASP.NET shapes of errors', () => {
    const shapes = [{ Message: 'Nope' }, { message: 'Nope', exceptionMessage: 'It broke' }];
    const messages = shapes.map(
      (body) => classify({ status: 400, headers: {}, text: JSON.stringify(body) }, asked.write, NOW).message,
    );
    expect(messages).toEqual(['Nope', 'Nope It broke']);
  });

  it('adds the reason a plug-in gave in an annotation', () => {
    const error = {
      code: '0x80040265',
      message: 'An error occurred in MailCheck',
      '@Microsoft.PowerApps.CDS.InnerError.Message': 'lastname looks invented',
    };
    const failure = classify({ status: 400, headers: {}, text: JSON.stringify({ error }) }, asked.write, NOW);
    expect(failure).toMatchObject({ message: 'An error occurred in MailCheck (lastname looks invented)', field: 'lastname' });
  });

  it('names no field when a message mentions several of those sent', () => {
    const failure = classify(answer(400, '0x80040265', 'lastname does not fit emailaddress1'), asked.write, NOW);
    expect(failure.field).toBeUndefined();
  });

  it('does not take a secured column by a name it cannot place', () => {
    const message = 'Caller user does not have update permissions to a Shoe Size secured field on entity Contact table.';
    expect(classify(answer(403, '0x8004f507', message), { ...asked.write, ...hints }, NOW)).not.toHaveProperty('field');
  });
});
