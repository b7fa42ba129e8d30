import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Dataverse, GUID } from './client';

let dataverse: Dataverse;
beforeAll(async () => {
  dataverse = await Dataverse.start();
  await dataverse.create('leads', { leadid: GUID, lastname: 'Checked' });
  await dataverse.create('contacts', { contactid: GUID, lastname: 'Checked' });
});
afterAll(async () => dataverse.close());

const HELP =
  'For more information on this error please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException :';

test.each([
  [
    'text that is too long',
    'contacts',
    { firstname: 'x'.repeat(51) },
    '0x80044331',
    "A validation error occurred.  The length of the 'firstname' attribute of the 'contact' entity exceeded the maximum allowed length of '50'.",
  ],
  [
    'a choice that is no option',
    'leads',
    { leadsourcecode: 4711 },
    '0x8004431a',
    "A validation error occurred. The value 4711 of 'leadsourcecode' on record of type 'lead' is outside the valid range. Accepted Values: 1,2,3,4,5,6,7,8,9,10",
  ],
  [
    'an integer out of range',
    'leads',
    { numberofemployees: -1 },
    '0x8004432f',
    "A validation error occurred.  The value -1 of 'numberofemployees' on record of type 'lead' is outside the valid range.",
  ],
  [
    'money out of range',
    'leads',
    { revenue: -5 },
    '0x80044330',
    "A validation error occurred.  The value -5 of 'revenue' on record of type 'lead' is outside the valid range.",
  ],
  [
    'a day before 1753',
    'contacts',
    { birthdate: '1752-12-31' },
    '0x80040239',
    'DateTime is less than minumum value supported by CrmDateTime. Actual value: 12/31/1752 00:00:00, Minimum value supported: 01/01/1753 00:00:00',
  ],
  [
    'a time before 1753',
    'contacts',
    { lastonholdtime: '0001-01-01T00:00:00Z' },
    '0x80040239',
    'DateTime is less than minumum value supported by CrmDateTime. Actual value: 01/01/0001 00:00:00, Minimum value supported: 01/01/1753 00:00:00',
  ],
  [
    'control characters',
    'contacts',
    { firstname: 'a\bc' },
    '0x80040278',
    "The field 'firstname' contains one or more invalid characters.",
  ],
  [
    'a state and a status that do not belong together',
    'leads',
    { statecode: 1, statuscode: 4 },
    '0x80048408',
    'State code is invalid or state code is valid but status code is invalid for a specified state code.',
  ],
  [
    'no state',
    'contacts',
    { statecode: null },
    '0x80040200',
    "The required field 'statecode' of entity 'contact' cannot be empty.",
  ],
])('%s is refused by its own code', async (_what, set, body, code, message) => {
  expect(await dataverse.refusal('PATCH', `${set}(${GUID})`, body)).toEqual({ status: 400, code, message });
});

test.each([
  [
    'text for a number',
    'leads',
    { numberofemployees: 'Charity' },
    "Cannot convert the literal 'Charity' to the expected type 'Edm.Int32'.",
  ],
  ['a number for text', 'contacts', { firstname: 5 }, "Cannot convert the literal '5' to the expected type 'Edm.String'."],
  [
    'text for a flag',
    'contacts',
    { donotbulkemail: 'yes' },
    "Cannot convert the literal 'yes' to the expected type 'Edm.Boolean'.",
  ],
  ['half a choice', 'leads', { leadsourcecode: 1.5 }, "Cannot convert the literal '1.5' to the expected type 'Edm.Int32'."],
  [
    'a time for a day',
    'contacts',
    { birthdate: '1985-05-04T00:00:00Z' },
    "Cannot convert the literal '1985-05-04T00:00:00Z' to the expected type 'Edm.Date'.",
  ],
  [
    'a day that does not exist',
    'contacts',
    { birthdate: '2023-02-29' },
    "Cannot convert the literal '2023-02-29' to the expected type 'Edm.Date'.",
  ],
  [
    'a day in another form',
    'contacts',
    { lastonholdtime: '4 May 1985' },
    "Cannot convert the literal '4 May 1985' to the expected type 'Edm.DateTimeOffset'.",
  ],
  ['text for money', 'leads', { revenue: 'much' }, "Cannot convert the literal 'much' to the expected type 'Edm.Decimal'."],
  ['a bad GUID', 'contacts', { externaluseridentifier: {}, address1_addressid: '1' }, 'Cannot convert the literal'],
  [
    'an unknown column',
    'contacts',
    { nickname2: 'x' },
    "Invalid property 'nickname2' was found in entity 'Microsoft.Dynamics.CRM.contact'.",
  ],
  [
    'a column that only describes another',
    'contacts',
    { owneridname: 'x' },
    "Invalid property 'owneridname' was found in entity",
  ],
  ['names in another letter case', 'contacts', { LastName: 'x' }, "Invalid property 'LastName' was found in entity"],
])('%s is an error in the payload', async (_what, set, body, inner) => {
  const refusal = await dataverse.refusal('PATCH', `${set}(${GUID})`, body);
  expect(refusal).toMatchObject({ status: 400, code: '0x80048d19' });
  expect(refusal.message).toContain(`Error identified in Payload provided by the user for Entity :'${set}', ${HELP}`);
  expect(refusal.message).toContain(inner);
});

test.each(['', '[]', '{"a":', '5'])('a body that is no object (%j) is an error in the payload', async (body) => {
  expect(await dataverse.refusal('POST', 'contacts', body)).toMatchObject({ status: 400, code: '0x80048d19' });
});

test.each([
  ['a number in quotes', 'leads', { numberofemployees: '12' }, { numberofemployees: 12 }],
  [
    'a time with an offset',
    'contacts',
    { lastonholdtime: '2024-03-01T10:00:00.987+02:00' },
    { lastonholdtime: '2024-03-01T08:00:00Z' },
  ],
  [
    'a time without one, which is UTC',
    'contacts',
    { lastonholdtime: '2024-03-01T10:00:00' },
    { lastonholdtime: '2024-03-01T10:00:00Z' },
  ],
  ['a day', 'contacts', { birthdate: '1985-05-04' }, { birthdate: '1985-05-04' }],
  ['the first day there is', 'contacts', { birthdate: '1753-01-01' }, { birthdate: '1753-01-01' }],
  ['money, rounded', 'contacts', { annualincome: 1.006 }, { annualincome: 1.01 }],
  ['the longest text', 'contacts', { firstname: 'x'.repeat(50) }, { firstname: 'x'.repeat(50) }],
  ['lines and tabs', 'contacts', { description: 'a\r\n\tb' }, { description: 'a\r\n\tb' }],
  [
    'annotations, which mean nothing here',
    'contacts',
    { 'firstname@Some.Annotation': 'x', firstname: 'Ok' },
    { firstname: 'Ok' },
  ],
  ["the sync's own filter column", 'contacts', { new_synctomkto: false }, { new_synctomkto: false }],
])('%s is taken', async (_what, set, body, stored) => {
  expect((await dataverse.call('PATCH', `${set}(${GUID})`, body)).status).toBe(204);
  expect(await dataverse.get(`${set}(${GUID})`)).toMatchObject(stored);
});

test('what only forms require is not required here', async () => {
  expect((await dataverse.call('POST', 'contacts', {})).status).toBe(204);
  expect((await dataverse.call('POST', 'leads', {})).status).toBe(204);
});

test('a refused write leaves the row as it was', async () => {
  const before = await dataverse.get(`contacts(${GUID})`);
  expect((await dataverse.call('PATCH', `contacts(${GUID})`, { firstname: 'New', jobtitle: 'x'.repeat(101) })).status).toBe(400);
  expect(await dataverse.get(`contacts(${GUID})`)).toEqual(before);
  expect((await dataverse.call('PATCH', `contacts(${GUID})`, { firstname: 'New', jobtitle: 'x'.repeat(100) })).status).toBe(204);
  expect((await dataverse.get(`contacts(${GUID})`))['firstname']).toBe('New');
});

test('those who ask for annotations are told more about a failure', async () => {
  const headers = { prefer: 'odata.include-annotations="Microsoft.PowerApps.CDS.*"' };
  const { json } = await dataverse.call('PATCH', `contacts(${GUID})`, { firstname: 'x'.repeat(51) }, headers);
  expect(json['error']).toMatchObject({
    code: '0x80044331',
    '@Microsoft.PowerApps.CDS.HelpLink': expect.stringContaining('80044331'),
    '@Microsoft.PowerApps.CDS.InnerError.Message': expect.stringContaining('firstname'),
    '@Microsoft.PowerApps.CDS.ErrorDetails.OperationStatus': '0',
  });
  const plain = await dataverse.call('PATCH', `contacts(${GUID})`, { firstname: 'x'.repeat(51) });
  expect(Object.keys(plain.json['error'] as object)).toEqual(['code', 'message']);
});
