/** The multipart codec against whatever may come: an encoder and a decoder of the test's own stand on the other side. */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeBatch, encodeBatch } from '../../../src/dataverse/batch';
import { parseBatchRequest } from './server';

/** Everything that RFC 2046 allows in a boundary, so every character that means something in a pattern. */
const boundary = fc.stringMatching(/^[0aZ'()+_,\-./:=?]{1,70}$/);
const text = fc.string({ unit: 'binary', maxLength: 40 });
const json = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), { maxKeys: 4 });
const newline = fc.constantFrom('\r\n', '\n');
const blanks = fc.constantFrom('', ' ', '\t', ' \t ');

describe('what we send', () => {
  const part = fc.record({
    method: fc.constantFrom('GET', 'PATCH', 'POST'),
    // Links of the vendor are sent to the letter: blanks, quotes and all.
    url: fc.tuple(fc.webPath(), fc.stringMatching(/^[ -~]{0,30}$/)).map(([path, query]) => `/api${path}?$filter=${query}x`),
    headers: fc.constantFrom(
      {},
      { 'if-match': 'W/"5"' },
      { prefer: 'odata.include-annotations="*"', accept: 'application/json' },
    ),
    body: json.map((value) => JSON.stringify(value)),
  });

  it('is read back by a strict reader, part by part, whatever the values', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const { contentType, body } = encodeBatch(parts);
        expect(parseBatchRequest(contentType, body)).toEqual(parts);
      }),
    );
  });

  it('is one line for each address and header, whatever is in them', () => {
    fc.assert(
      fc.property(text, text, (url, value) => {
        const { contentType, body } = encodeBatch([{ method: 'GET', url: `/a${url}b`, headers: { 'If-Match': value } }]);
        const [read] = parseBatchRequest(contentType, body);
        expect(Object.keys(read?.headers ?? {})).toEqual(['if-match']);
        expect(read?.url).toBe(`/a${url}b`.replace(/[\r\n]+/g, ' '));
      }),
    );
  });
});

interface Answered {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

const answered: fc.Arbitrary<Answered> = fc.record({
  status: fc.integer({ min: 100, max: 599 }),
  reason: fc.constantFrom('', ' OK', ' Bad Request', ' Whatever 200 this: may be'),
  headers: fc.subarray([
    ['Content-Type', 'application/json; odata.metadata=minimal'],
    ['REQ_ID', 'de4c5227-4a28-4ebd-8ced-3392ece1697b'],
    ['odata-entityid', 'https://org/api/data/v9.2/contacts(aed2ae8b-3c94-ed11-aad1-000d3a9933c9)'],
    ['ETag', 'W/"1:2"'],
  ] as const),
  body: fc.oneof(
    fc.constant(''),
    json.map((value) => JSON.stringify(value)),
    json.map((value) => JSON.stringify(value, null, 2)),
    fc.constant('<html>\n--\n\n<p>Bad gateway</p>\n</html>'),
  ),
});

interface Style {
  readonly boundary: string;
  readonly newline: string;
  /** May follow a delimiter on its line. */
  readonly padding: string;
  readonly isQuoted: boolean;
  readonly preamble: string;
  readonly epilogue: string;
  readonly blankLines: number;
}

const style: fc.Arbitrary<Style> = fc.record({
  boundary,
  newline,
  padding: blanks,
  isQuoted: fc.boolean(),
  preamble: fc.constantFrom('', 'This is a multi-part message.'),
  epilogue: fc.constantFrom('', 'The end.'),
  blankLines: fc.integer({ min: 0, max: 2 }),
});

/** Writes an answer as freely as RFC 2046 allows. */
function encodeAnswer(answers: readonly Answered[], how: Style): { readonly contentType: string; readonly text: string } {
  const extra = Array<string>(how.blankLines).fill('');
  const lines = answers.flatMap(({ status, reason, headers, body }) => [
    `--${how.boundary}${how.padding}`,
    ...extra,
    'Content-Type: application/http',
    'content-transfer-encoding:binary',
    '',
    ...extra,
    `HTTP/1.1 ${status}${reason}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    '',
    body,
    ...extra,
  ]);
  const before = how.preamble === '' ? [] : [how.preamble];
  const all = [...before, ...lines, `--${how.boundary}--${how.padding}`, how.epilogue];
  const named = how.isQuoted || /[^\w'+.-]/.test(how.boundary) ? `"${how.boundary}"` : how.boundary;
  return { contentType: `multipart/mixed; charset=utf-8; boundary=${named}`, text: all.join(how.newline) };
}

const essence = (answers: readonly { status: number; text: string }[] | undefined) =>
  answers?.map(({ status, text: body }) => ({ status, body }));
/** What white space stands around a body is nothing that JSON or HTML would miss; an answer in LF has no other line ends. */
const expected = (answers: readonly Answered[]) => answers.map(({ status, body }) => ({ status, body: body.trim() }));
/** A body whose own line is the delimiter cannot be told from an end: nobody may choose such a boundary. */
const isFair = (answers: readonly Answered[], how: Style): boolean =>
  !answers.some(({ body }) =>
    body.split(/\r?\n/).some((line) => [`--${how.boundary}`, `--${how.boundary}--`].includes(line.trim())),
  );

describe('what we are answered', () => {
  it('is read as it was meant, however freely it is written', () => {
    fc.assert(
      fc.property(fc.array(answered, { maxLength: 6 }), style, (answers, how) => {
        fc.pre(isFair(answers, how));
        const { contentType, text: body } = encodeAnswer(answers, how);
        const read = decodeBatch(contentType, body);
        expect(essence(read)).toEqual(expected(answers));
        for (const [index, { headers }] of answers.entries())
          expect(read?.[index]?.headers).toEqual(Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])));
      }),
      { numRuns: 300 },
    );
  });

  it('is never taken for a shorter or another answer when it was cut off anywhere', () => {
    fc.assert(
      fc.property(fc.array(answered, { minLength: 1, maxLength: 4 }), style, fc.nat(), (answers, how, place) => {
        fc.pre(isFair(answers, how));
        const { contentType, text: body } = encodeAnswer(answers, how);
        const read = decodeBatch(contentType, body.slice(0, place % body.length));
        // The end was there already when only what follows it is missing.
        if (read !== undefined) expect(essence(read)).toEqual(expected(answers));
      }),
      { numRuns: 300 },
    );
  });

  it('is told to have fewer parts when parts are missing, so that nobody matches them by guess', () => {
    fc.assert(
      fc.property(fc.array(answered, { minLength: 2, maxLength: 5 }), style, fc.nat(), (answers, how, place) => {
        fc.pre(isFair(answers, how));
        const left = answers.filter((_answer, index) => index !== place % answers.length);
        const { contentType, text: body } = encodeAnswer(left, how);
        expect(decodeBatch(contentType, body)).toHaveLength(answers.length - 1);
      }),
    );
  });

  it('with a change set in it, at any depth, is no answer of ours', () => {
    fc.assert(
      fc.property(
        fc.array(answered, { minLength: 1, maxLength: 3 }),
        style,
        style,
        fc.nat({ max: 3 }),
        (answers, how, inner, depth) => {
          fc.pre(isFair(answers, how) && isFair(answers, inner) && how.boundary !== inner.boundary);
          let { contentType, text: body } = encodeAnswer(answers, inner);
          for (let level = 0; level <= depth; level += 1) {
            const delimiter = `--${how.boundary}${level}`;
            body = [delimiter, `Content-Type: ${contentType}`, '', body, `${delimiter}--`, ''].join(how.newline);
            contentType = `multipart/mixed; boundary="${how.boundary}${level}"`;
          }
          expect(decodeBatch(contentType, body)).toBeUndefined();
        },
      ),
    );
  });

  it('is no answer under another content type', () => {
    fc.assert(
      fc.property(fc.array(answered, { minLength: 1, maxLength: 3 }), style, (answers, how) => {
        fc.pre(isFair(answers, how));
        const { contentType, text: body } = encodeAnswer(answers, how);
        expect(decodeBatch(contentType.replace('multipart/mixed', 'text/html'), body)).toBeUndefined();
        expect(decodeBatch('multipart/mixed', body)).toBeUndefined();
        expect(
          decodeBatch(
            contentType.replace(/"?$/, (quote) => `x${quote}`),
            body,
          ),
        ).toBeUndefined();
      }),
    );
  });

  it('may be anything at all: it is read or it is not, and never thrown about', () => {
    const noise = fc.oneof(
      text,
      fc.constantFrom('--', '--a', '--a--', '\r\n', '\n', 'HTTP/1.1 200 OK', 'Content-Type: application/http', ' '),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 60 }), fc.option(text, { nil: undefined }), (pieces, type) => {
        for (const contentType of [type, 'multipart/mixed; boundary=a', undefined]) {
          const answers = decodeBatch(contentType, pieces.join(''));
          for (const answer of answers ?? []) expect(answer.status).toBeGreaterThanOrEqual(100);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['blank lines', ' \r\n'.repeat(200_000)],
    ['delimiters', '--a\r\n'.repeat(200_000)],
    ['half delimiters', '\r\n--a-'.repeat(200_000)],
    ['blanks', `--a${' '.repeat(1_000_000)}x`],
    ['header lines', `--a\r\nContent-Type: application/http\r\n${'a: b\r\n'.repeat(200_000)}`],
    ['blanks between line ends', `--a\r\n${'\r\n\t \t'.repeat(200_000)}x`],
  ])('of a megabyte of %s is refused at once', (_what, body) => {
    // A pattern that goes back and forth over its text would not end here for hours.
    expect(decodeBatch('multipart/mixed; boundary=a', body)).toBeUndefined();
  });
});
