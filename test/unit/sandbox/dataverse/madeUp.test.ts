/** Whatever a client makes up is answered in the shape of every answer, and nothing breaks. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Dataverse, GUID, type Json } from './client';

let dataverse: Dataverse;
beforeAll(async () => {
  dataverse = await Dataverse.start();
  await dataverse.control('POST', 'limits', { requests: 1_000_000, executionSeconds: 1_000_000 });
  await dataverse.control('POST', 'seed', { contacts: 5, leads: 3 });
  await dataverse.create('contacts', { contactid: GUID, lastname: 'Made Up' });
});
afterAll(async () => dataverse.close());

const word = fc.oneof(
  fc.constantFrom(
    ...`contacts leads accounts systemusers EntityDefinitions RelationshipDefinitions GlobalOptionSetDefinitions $metadata $batch $count $ref
      $value WhoAmI Merge Attributes Keys OptionSet firstname fullname statecode birthdate annualincome ownerid _ownerid_value lastname
      parentcustomerid_account contact_customer_accounts owninguser createdby LogicalName accountnumber __proto__ constructor
      Microsoft.Dynamics.CRM.QualifyLead Microsoft.Dynamics.CRM.CreateMultiple Microsoft.Dynamics.CRM.UpsertMultiple
      Microsoft.Dynamics.CRM.RetrieveUserPrivileges Microsoft.Dynamics.CRM.PicklistAttributeMetadata`.split(/\s+/),
  ),
  fc.string({ maxLength: 6 }),
);
const odd = fc.oneof(
  word,
  fc.constantFrom('', GUID, "'x'", "'o''h'", 'null', 'true', '1', '-1', '1e400', '2026-01-01', '@p', '*', '$1'),
  fc.string({ unit: 'binary', maxLength: 10 }),
);
const segment = fc.oneof(
  word,
  fc.tuple(word, odd).map(([name, argument]) => `${name}(${argument})`),
  fc.tuple(word, word, odd).map(([name, key, value]) => `${name}(${key}='${value}')`),
);
/** Filters, lists and options that are nearly right. */
const token = fc.oneof(
  odd,
  fc.constantFrom('eq', 'ne', 'gt', 'and', 'or', 'not', '(', ')', ',', ';', '/', 'contains(', '$select=', '$filter='),
);
const text = fc.array(token, { maxLength: 7 }).chain((parts) => fc.constantFrom(parts.join(' '), parts.join('')));
const option = fc.oneof(
  fc.constantFrom(
    '$select',
    '$filter',
    '$orderby',
    '$expand',
    '$top',
    '$count',
    '$skiptoken',
    '$deltatoken',
    '$apply',
    '@p',
    'tag',
  ),
  fc.string({ maxLength: 5 }),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    odd,
    fc.constantFrom(null, true, 0, 1.5, 1e21),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(word, tie('value'), { maxKeys: 3 }),
  ),
}));
const member = fc.oneof(
  word,
  fc.constantFrom(
    'Targets',
    'Target',
    'Subordinate',
    '@odata.type',
    '@odata.id',
    'Status',
    'CreateContact',
    'value',
    'contactid',
  ),
  word.map((name) => `${name}@odata.bind`),
);

const call = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'PATCH', 'PUT', 'DELETE'),
  path: fc.array(segment, { minLength: 1, maxLength: 4 }),
  options: fc.array(fc.tuple(option, text), { maxLength: 3 }),
  body: fc.oneof(
    fc.dictionary(member, value, { maxKeys: 5 }).map((made) => JSON.stringify(made)),
    fc.string({ maxLength: 20 }),
  ),
  headers: fc.dictionary(
    fc.constantFrom('prefer', 'if-match', 'if-none-match', 'content-type', 'mscrm.suppressduplicatedetection'),
    fc.constantFrom(
      'return=representation',
      'odata.track-changes',
      'odata.maxpagesize=1',
      'odata.include-annotations="*"',
      '*',
      'W/"1"',
      'null',
      'false',
      'text/plain',
      'multipart/mixed; boundary=x',
    ),
    { maxKeys: 2 },
  ),
});

test('made-up paths, options, keys and bodies are answered or refused, in the shape of every answer', async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(call, async ({ method, path, options, body, headers }) => {
      const query = options.map(([name, given]) => `${encodeURIComponent(name)}=${encodeURIComponent(given)}`).join('&');
      // A dot alone would be resolved by `fetch`.
      const address = path.map((part) => encodeURIComponent(part === '.' || part === '..' ? 'x' : part)).join('/');
      const answer = await dataverse.call(method, `${address}?${query}`, method === 'GET' ? undefined : body, headers);
      seen.add(answer.status);
      expect(answer.status).toBeLessThan(500);
      if (answer.status >= 400 && !answer.headers.get('content-type')?.startsWith('multipart/mixed'))
        expect(answer.json['error']).toMatchObject({
          code: expect.any(String),
          message: expect.stringMatching(/./s),
        } satisfies Json);
    }),
    { numRuns: 600 },
  );
  expect([...seen]).toEqual(expect.arrayContaining([200, 400, 404, 405]));
}, 60_000);
