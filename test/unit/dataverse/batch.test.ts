import { describe, expect, it } from '@jest/globals';
import { decodeBatch, encodeBatch } from '../../../src/dataverse/batch';
import { parseBatchRequest } from './server';

const crlf = (text: string): string => text.replace(/\r?\n/g, '\r\n');

describe('encodeBatch', () => {
  it('writes CRLF throughout, the last line included', () => {
    const { contentType, body } = encodeBatch(
      [
        { method: 'PATCH', url: '/api/data/v9.2/contacts(1)', headers: { 'If-Match': 'W/"5"' }, body: '{"lastname":"A"}' },
        { method: 'GET', url: '/api/data/v9.2/leads(2)?$select=lastname', headers: { Accept: 'application/json' } },
      ],
      'batch_80dd1615',
    );
    expect(contentType).toBe('multipart/mixed; boundary="batch_80dd1615"');
    expect(body).toBe(
      crlf(`--batch_80dd1615
Content-Type: application/http
Content-Transfer-Encoding: binary

PATCH /api/data/v9.2/contacts(1) HTTP/1.1
If-Match: W/"5"

{"lastname":"A"}
--batch_80dd1615
Content-Type: application/http
Content-Transfer-Encoding: binary

GET /api/data/v9.2/leads(2)?$select=lastname HTTP/1.1
Accept: application/json


--batch_80dd1615--
`),
    );
  });

  it('does not let a line break in a value start a header of its own', () => {
    const { contentType, body } = encodeBatch([{ method: 'GET', url: '/a', headers: { 'If-Match': 'x\r\nEvil: 1' } }]);
    expect(parseBatchRequest(contentType, body)[0]?.headers).toEqual({ 'if-match': 'x Evil: 1' });
  });
});

const DOCUMENTED = `--batchresponse_f44bd09d
Content-Type: application/http
Content-Transfer-Encoding: binary

HTTP/1.1 400 Bad Request
REQ_ID: de4c5227-4a28-4ebd-8ced-3392ece1697b
Content-Type: application/json; odata.metadata=minimal
OData-Version: 4.0

{"error":{"code":"0x80044331","message":"A validation error occurred.  The length of the 'subject' attribute of the 'task' entity exceeded the maximum allowed length of '200'."}}
--batchresponse_f44bd09d
Content-Type: application/http
Content-Transfer-Encoding: binary

HTTP/1.1 204 No Content
OData-Version: 4.0
Location: https://org/api/data/v9.2/tasks(aed2ae8b-3c94-ed11-aad1-000d3a9933c9)
OData-EntityId: https://org/api/data/v9.2/tasks(aed2ae8b-3c94-ed11-aad1-000d3a9933c9)


--batchresponse_f44bd09d--
`;

const CHANGE_SET = `--batchresponse_6cbc
Content-Type: multipart/mixed; boundary=changesetresponse_d6b1

--changesetresponse_d6b1
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 3

HTTP/1.1 400 Bad Request
REQ_ID: cbd53703
Content-Type: application/json; odata.metadata=minimal

{"error":{"code":"0x80044331","message":"too long"}}
--changesetresponse_d6b1--
--batchresponse_6cbc--
`;

describe('decodeBatch', () => {
  it.each([
    ['CRLF', crlf],
    ['LF', (text: string) => text],
  ])('reads the documented answer with %s', (_name, form) => {
    const answers = decodeBatch('multipart/mixed; boundary=batchresponse_f44bd09d', form(DOCUMENTED));
    expect(answers?.map((answer) => answer.status)).toEqual([400, 204]);
    expect(answers?.[0]?.headers.req_id).toBe('de4c5227-4a28-4ebd-8ced-3392ece1697b');
    expect(JSON.parse(answers?.[0]?.text ?? '')).toMatchObject({ error: { code: '0x80044331' } });
    expect(answers?.[1]?.text).toBe('');
    expect(answers?.[1]?.headers['odata-entityid']).toContain('tasks(aed2ae8b');
  });

  it('takes quoted boundaries, a boundary only in the text, and blank lines before the first one', () => {
    expect(decodeBatch('multipart/mixed; boundary="batchresponse_f44bd09d"', DOCUMENTED)).toHaveLength(2);
    expect(decodeBatch(undefined, DOCUMENTED)).toHaveLength(2);
    expect(decodeBatch('multipart/mixed; boundary=batchresponse_f44bd09d', `\r\n\r\n${DOCUMENTED}`)).toHaveLength(2);
  });

  it.each([
    ['an answer cut off before its end', DOCUMENTED.slice(0, -60)],
    ['an HTML page', '<html><body>Bad gateway</body></html>'],
    ['nothing', ''],
    ['the answer to a change set, which we never send', CHANGE_SET],
    ['a part that is no HTTP message', DOCUMENTED.replace('application/http', 'text/plain')],
    ['a part without a status line', DOCUMENTED.replace('HTTP/1.1 204 No Content', 'nonsense')],
  ])('does not read %s', (_name, text) => {
    expect(
      decodeBatch(`multipart/mixed; boundary=${/^--(.+)$/m.exec(text)?.[1] ?? 'batchresponse_f44bd09d'}`, text),
    ).toBeUndefined();
  });
});
