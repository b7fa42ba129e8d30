/** Our batches as the sandbox reads them, and its answers as we do, over HTTP and with whatever values. Always the sandbox. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeBatch, encodeBatch } from '../../../src/dataverse/batch';
import { type DataverseTarget, openDataverse } from './target';

let target: DataverseTarget;
beforeAll(async () => {
  target = await openDataverse('batch', { maySetUp: true });
});
afterAll(() => target.close());

async function batch(parts: Parameters<typeof encodeBatch>[0], boundary?: string) {
  const { contentType, body } = encodeBatch(parts, boundary);
  const headers = { 'content-type': contentType, prefer: 'odata.continue-on-error' };
  const answer = await target.send('POST', '$batch', body, headers);
  return decodeBatch(answer.headers.get('content-type') ?? undefined, answer.text);
}

const JSON_TYPE = { 'Content-Type': 'application/json;type=entry' };
/** Text as people have it in any script, emoji included; control characters are refused by Dataverse and white space around it is not kept. */
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((text) => text.trim() === text && text !== '' && !/\p{Cc}/u.test(text) && text.length <= 50);

test('what is written in one batch is what the next one reads, part by part', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(name, { minLength: 1, maxLength: 6 }),
      fc.stringMatching(/^[\w'()+,./:=?-]{1,60}$/),
      async (names, boundary) => {
        const rows = names.map((firstname) => ({ contactid: randomUUID(), lastname: 'Batch', firstname }));
        const created = await batch(
          rows.map((row) => ({
            method: 'POST',
            url: `${target.url}/api/data/v9.2/contacts`,
            headers: JSON_TYPE,
            body: JSON.stringify(row),
          })),
          boundary,
        );
        expect(created?.map(({ status }) => status)).toEqual(rows.map(() => 204));
        const gets = rows.map(({ contactid }) => ({
          method: 'GET',
          url: `/api/data/v9.2/contacts(${contactid})?$select=firstname`,
        }));
        // In the middle one that is not there, with an address in which blanks stand.
        const absent = {
          method: 'GET',
          url: `/api/data/v9.2/contacts?$filter=firstname eq '${randomUUID()} x'&$select=firstname`,
        };
        const read = await batch([...gets.slice(0, 1), absent, ...gets.slice(1)]);
        const [first, none, ...others] = (read ?? []).map(({ status, text }) => ({
          status,
          body: JSON.parse(text) as Record<string, unknown>,
        }));
        expect(none).toMatchObject({ status: 200, body: { value: [] } });
        expect([first, ...others].map((answer) => answer?.body['firstname'])).toEqual(names);
      },
    ),
    { numRuns: 15 },
  );
});

test('a refused part stands at its place, with its own words', async () => {
  const create = (values: object) => ({
    method: 'POST',
    url: '/api/data/v9.2/contacts',
    headers: JSON_TYPE,
    body: JSON.stringify({ lastname: 'Batch', ...values }),
  });
  const answers = await batch([create({}), create({ firstname: 'x'.repeat(51) }), create({})]);
  expect(answers?.map(({ status }) => status)).toEqual([204, 400, 204]);
  expect(answers?.[1]?.text).toContain('0x80044331');
});
