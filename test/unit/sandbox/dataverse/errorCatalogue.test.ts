/** Every error that a sync has to tell apart: by its own cause where a request can bring it about, by rule and by fault in any case. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Dataverse, GUID, type Json, OTHER_GUID } from './client';

let dataverse: Dataverse;
let contact: string;
let lead: string;
let account: string;
beforeAll(async () => {
  dataverse = await Dataverse.start();
});
beforeEach(async () => {
  await dataverse.control('POST', 'reset');
  await dataverse.signIn();
  account = await dataverse.create('accounts', { name: 'Alpine', accountnumber: 'A-1' });
  contact = await dataverse.create('contacts', { lastname: 'One', emailaddress1: 'one@example.com' });
  lead = await dataverse.create('leads', { lastname: 'One', subject: 'One' });
});
afterAll(async () => dataverse.close());

type Outcome = Promise<{ readonly status: number; readonly code: unknown }>;

const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Outcome =>
  dataverse.refusal(method, path, body, headers);
const patch = (body: Json, headers?: Record<string, string>): Outcome => ask('PATCH', `contacts(${contact})`, body, headers);
const create = (set: string, body: Json, headers?: Record<string, string>): Outcome => ask('POST', set, body, headers);
const qualify = (body: Json): Outcome => ask('POST', `leads(${lead})/Microsoft.Dynamics.CRM.QualifyLead`, body);
const control = (name: string, body: Json): Promise<Json> => dataverse.control('POST', name, body);
const secure = (column: string, may: { readonly read: boolean; readonly update: boolean }): Promise<Json> =>
  control('column-security', { table: 'contact', column, ...may });
const userNamed = async (firstname: string): Promise<string> =>
  String((await dataverse.rows(`systemusers?$filter=firstname eq '${firstname}'`))[0]?.['systemuserid']);

/** What brings it about; status; code. */
const BY_CAUSE: readonly (readonly [cause: string, act: () => Outcome, status: number, code: string])[] = [
  ['too many requests', () => limited({ requests: 0 }), 429, '0x80072322'],
  ['too much execution time', () => limited({ executionSeconds: 0 }), 429, '0x80072321'],
  ['too many at once', () => limited({ concurrent: 0 }), 429, '0x80072326'],
  ['no token', () => ask('GET', 'contacts', undefined, { authorization: '' }), 401, ''],
  ['an old etag', () => patch({ lastname: 'Two' }, { 'if-match': 'W/"1"' }), 412, '0x80060882'],
  ['an etag on a table that knows none', staleTeam, 400, '0x8006088d'],
  ['an id that is taken', () => create('contacts', { contactid: contact, lastname: 'Two' }), 412, '0x80040237'],
  ['a key that is taken', () => create('accounts', { name: 'Two', accountnumber: 'A-1' }), 412, '0x80060892'],
  ['a duplicate', duplicate, 412, '0x80040333'],
  ['a row that is not there', () => ask('PATCH', `contacts(${GUID})`, {}, { 'if-match': '*' }), 404, '0x80040217'],
  ['a target that is not there', () => patch({ 'parentcustomerid_account@odata.bind': `/accounts(${GUID})` }), 404, '0x80040217'],
  ['a key that no row has', () => ask('GET', "accounts(accountnumber='A-9')"), 404, '0x80060891'],
  ['text that is too long', () => patch({ lastname: 'x'.repeat(51) }), 400, '0x80044331'],
  ['a choice that is none', () => patch({ preferredcontactmethodcode: 99 }), 400, '0x8004431a'],
  ['a whole number out of range', () => patch({ numberofchildren: -1 }), 400, '0x8004432f'],
  ['a decimal number out of range', () => patch({ address1_latitude: 91 }), 400, '0x80044330'],
  ['a date before 1753', () => patch({ birthdate: '1752-12-31' }), 400, '0x80040239'],
  ['a control character', () => patch({ lastname: 'a\bb' }), 400, '0x80040278'],
  ['nothing where something is required', () => ask('PATCH', `contacts(${contact})`, { statecode: null }), 400, '0x80040200'],
  ['an argument that is none', () => ask('POST', 'Merge', { Target: 1, Subordinate: 2 }), 400, '0x80040203'],
  ['a status of another state', () => patch({ statecode: 0, statuscode: 2 }), 400, '0x80048408'],
  ['a change of a closed lead', () => closedChange('leads', lead, { statecode: 2, statuscode: 7 }), 400, '0x80040233'],
  ['a change of a closed contact', () => closedChange('contacts', contact, { statecode: 1, statuscode: 2 }), 400, '0x8004022e'],
  ['a value of another type', () => patch({ numberofchildren: 'Charity' }), 400, '0x80048d19'],
  ['a property that is not declared', () => patch({ 'parentcustomerid@odata.bind': `/accounts(${account})` }), 400, '0x80048d19'],
  ['an unknown property', () => ask('GET', 'accounts?$select=Name'), 400, '0x80060888'],
  ['an unknown segment', () => ask('GET', 'Account'), 404, '0x80060888'],
  ['a function that is posted to', () => create('WhoAmI', {}), 404, ''],
  ['a batch that is none', () => ask('POST', '$batch', '{}', { 'content-type': 'application/json' }), 400, '0x80048d19'],
  ['a body that is no JSON', () => ask('POST', 'contacts', 'lastname=One', { 'content-type': 'text/plain' }), 415, ''],
  ['a privilege that is missing', () => without('Write', 'contact', () => patch({ lastname: 'Two' })), 403, '0x80040220'],
  ['an update of a secured column', () => secured(() => patch({ jobtitle: 'x' })), 403, '0x8004f507'],
  ['a creation with a secured column', () => secured(() => create('contacts', { jobtitle: 'x' })), 403, '0x8004f502'],
  ['a search by a secured column', () => secured(() => ask('GET', "contacts?$filter=jobtitle eq 'x'")), 403, '0x8004f504'],
  ['an application without a user', stranger, 403, '0x80072560'],
  ['an owner who has been disabled', disabledOwner, 403, '0x80040231'],
  ['a row of the organisation itself', organizationDeleted, 405, '0x80040227'],
  ['an old delta token', expiredToken, 400, '0x80044352'],
  ['a table without change tracking', untracked, 400, '0x80072491'],
  ['a lead that is closed already', qualifiedTwice, 400, '0x80040519'],
  [
    'a lead whose account may not be made',
    () => without('Create', 'account', () => qualify({ CreateAccount: true })),
    400,
    '0x80081018',
  ],
  ['acting for another', () => ask('GET', 'WhoAmI', undefined, { MSCRMCallerID: OTHER_GUID }), 403, '0x8004a110'],
  ['a body that is too large', () => create('contacts', { description: 'x'.repeat(11 * 1024 * 1024) }), 413, ''],
];

test.each(BY_CAUSE)('%s', async (_cause, act, status, code) => {
  expect(await act()).toMatchObject({ status, code });
});

async function limited(limits: Json): Outcome {
  await control('limits', limits);
  const { status, headers, json } = await dataverse.call('GET', 'WhoAmI');
  expect(headers.get('retry-after')).toMatch(/^\d+$/);
  return { status, code: (json['error'] as Json)['code'] };
}

async function staleTeam(): Outcome {
  const [team] = await dataverse.rows('teams');
  return ask('PATCH', `teams(${String(team?.['teamid'])})`, { name: 'Team' }, { 'if-match': 'W/"1"' });
}

function duplicate(): Outcome {
  return create('contacts', { emailaddress1: 'ONE@example.com' }, { 'MSCRM.SuppressDuplicateDetection': 'false' });
}

async function closedChange(set: string, id: string, closing: Json): Outcome {
  await control('switches', { closedRowsReadOnly: true });
  expect((await dataverse.call('PATCH', `${set}(${id})`, closing)).status).toBe(204);
  return ask('PATCH', `${set}(${id})`, { lastname: 'Late' });
}

async function without(privilege: string, table: string, act: () => Outcome): Outcome {
  await control('privileges', { table, privilege, depth: 'None' });
  return act();
}

async function secured(act: () => Outcome): Outcome {
  await secure('jobtitle', { read: false, update: false });
  return act();
}

async function stranger(): Outcome {
  return (await dataverse.as('stranger-app', 'stranger-secret')).refusal('GET', 'WhoAmI');
}

async function disabledOwner(): Outcome {
  return patch({ 'ownerid@odata.bind': `/systemusers(${await userNamed('Dora')})` });
}

async function organizationDeleted(): Outcome {
  const [row] = await dataverse.rows('organizations');
  return ask('DELETE', `organizations(${String(row?.['organizationid'])})`);
}

async function expiredToken(): Outcome {
  const link = String((await dataverse.get('contacts', { prefer: 'odata.track-changes' }))['@odata.deltaLink']);
  await control('clock', { advanceSeconds: 7 * 86_400 + 60 });
  await dataverse.signIn();
  return ask('GET', link);
}

async function untracked(): Outcome {
  await control('change-tracking', { table: 'contact', enabled: false });
  return ask('GET', 'contacts', undefined, { prefer: 'odata.track-changes' });
}

async function qualifiedTwice(): Outcome {
  await qualify({ CreateContact: true, Status: 3 });
  return qualify({ CreateContact: true, Status: 3 });
}

/** The codes, each with the status that a rule of the customer's answers it with. */
const CODES: readonly (readonly [string, number])[] = [
  ['0x8005f103', 429],
  ['0x80072327', 429],
  ['0x80072322', 429],
  ['0x80072321', 429],
  ['0x80072326', 429],
  ['0x80044150', 500],
  ['0x80044151', 500],
  ['0x80044339', 500],
  ['0x8004418d', 503],
  ['0x80044171', 500],
  ['0x80044172', 500],
  ['0x80044173', 500],
  ['0x80081111', 500],
  ['0x80048543', 503],
  ['0x80048553', 503],
  ['0x80040216', 500],
  ['0x80040224', 500],
  ['0x8004a104', 403],
  ['0x80060882', 412],
  ['0x8006088d', 400],
  ['0x80060883', 400],
  ['0x80040237', 412],
  ['0x80060892', 412],
  ['0x80040333', 412],
  ['0x80040217', 404],
  ['0x80060891', 404],
  ['0x80060890', 400],
  ['0x80040265', 400],
  ['0x80044331', 400],
  ['0x8004431a', 400],
  ['0x8004432f', 400],
  ['0x80044330', 400],
  ['0x80040239', 400],
  ['0x80040278', 400],
  ['0x80040200', 400],
  ['0x80040203', 400],
  ['0x80048408', 400],
  ['0x80040233', 400],
  ['0x8004022e', 400],
  ['0x80048d19', 400],
  ['0x80060888', 400],
  ['0x8006088a', 400],
  ['0x80040220', 403],
  ['0x80048306', 403],
  ['0x80040299', 403],
  ['0x8004f507', 403],
  ['0x8004f502', 403],
  ['0x8004f504', 403],
  ['0x80072560', 403],
  ['0x80040229', 400],
  ['0x80040210', 400],
  ['0x80040231', 403],
  ['0x80040227', 405],
  ['0x80044352', 400],
  ['0x80072491', 400],
  ['0x80040519', 400],
  ['0x80081018', 400],
  ['0x8004a110', 403],
  ['0x80045301', 403],
  ['0x80045304', 400],
  ['0x80045305', 400],
];

describe('every code', () => {
  test.each(CODES)('%s comes with its status by rule, and by fault as it is given', async (code, status) => {
    await control('rules', { table: 'lead', column: 'jobtitle', pattern: '^x$', code, message: 'Said.' });
    expect(await create('leads', { jobtitle: 'x' })).toEqual({ status, code, message: 'Said.' });
    const action = { status: 418, headers: { 'Retry-After': '9' }, body: { error: { code, message: 'Faulty.' } } };
    await control('faults', { match: { method: 'POST', path: '/leads' }, action });
    expect(await create('leads', { jobtitle: 'x' })).toEqual({ status: 418, code, message: 'Faulty.' });
  });
});

describe('what has no code', () => {
  test.each([502, 503, 504])('%i from the gateway, in HTML', async (status) => {
    await control('faults', { action: { status, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' } });
    expect(await dataverse.call('GET', 'contacts')).toMatchObject({ status, text: '<h1>Bad Gateway</h1>' });
    expect((await dataverse.call('GET', 'contacts')).status).toBe(200);
  });

  test.each(['before', 'after'])('a connection that is cut %s the work', async (when) => {
    await control('faults', { match: { method: 'PATCH' }, action: { drop: when } });
    await expect(patch({ lastname: 'Cut' })).rejects.toThrow();
    const { lastname } = await dataverse.get(`contacts(${contact})`);
    expect(lastname).toBe(when === 'after' ? 'Cut' : 'One');
  });
});
