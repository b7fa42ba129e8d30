import { describe, expect, test } from '@jest/globals';
import { readImportFile } from '../../../src/core/importFile';

const GUID = '6c9f1d3e-0d3b-ee11-be6d-002248aa0001';
const OTHER = '6c9f1d3e-0d3b-ee11-be6d-002248aa0002';
const row = { marketoId: '1042', table: 'contact', microsoftId: GUID };

describe('a file of pairs', () => {
  test.each([
    ['without a header', `1042,contact,${GUID}`, 1],
    ['with a header', `personId,table,microsoftId\n1042,contact,${GUID}`, 2],
    ['with its columns in another order', `GUID;Type;Person ID\n${GUID};Contact;1042`, 2],
    ['with tabs, quotes, braces, capitals and Windows lines', `\uFEFF"1042"\t"Contact"\t"{${GUID.toUpperCase()}}"\r\n\r\n`, 1],
  ])('%s is read', (_what, text, line) => {
    expect(readImportFile(text)).toEqual({ rows: [{ ...row, line }], problems: [] });
  });

  test.each([
    ['x,contact,' + GUID, 'has no person id'],
    ['0,contact,' + GUID, 'has no person id'],
    ['1042,account,' + GUID, 'has no table'],
    ['1042,contact,1234', 'has no GUID'],
    ['1042,' + GUID, 'has 2 columns'],
  ])('with the line %s names the line and the fix', (text, message) => {
    const { rows, problems } = readImportFile(`1,lead,${OTHER}\n${text}`);
    expect(rows).toHaveLength(1);
    expect(problems).toEqual([{ line: 2, message: expect.stringContaining(message) }]);
  });

  test('takes a repeated line once', () => {
    const line = `1042,contact,${GUID}`;
    expect(readImportFile([line, line, line].join('\n'))).toEqual({ rows: [{ ...row, line: 1 }], problems: [] });
  });

  test.each([
    ['one person with two records', `1042,contact,${GUID}\n1042,contact,${OTHER}`],
    ['one record with two people', `1042,contact,${GUID}\n1043,contact,${GUID}`],
  ])('takes neither line of %s', (_what, text) => {
    const { rows, problems } = readImportFile(text);
    expect(rows).toEqual([]);
    expect(problems.map(({ line, message }) => [line, /contradicts line (\d)/.exec(message)?.[1]])).toEqual([
      [1, '2'],
      [2, '1'],
    ]);
  });
});
