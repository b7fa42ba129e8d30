/** Reads the file of a migration: one line per pair, `person id, table, GUID`, in any order under a header. Every problem is told by line. */
import type { ImportProblem, ImportRow } from './imports';
import type { Table } from './types';

export interface ImportFile {
  readonly rows: readonly ImportRow[];
  readonly problems: readonly ImportProblem[];
}

type Column = 'marketoId' | 'table' | 'microsoftId';
const PLAIN_ORDER: readonly Column[] = ['marketoId', 'table', 'microsoftId'];

/** Headings as exports of both systems have them, in small letters without spaces. */
const HEADINGS: Readonly<Record<string, Column>> = {
  marketoid: 'marketoId',
  personid: 'marketoId',
  leadid: 'marketoId',
  id: 'marketoId',
  table: 'table',
  entity: 'table',
  type: 'table',
  microsofttype: 'table',
  microsoftid: 'microsoftId',
  guid: 'microsoftId',
};

const MARKETO_ID = /^[1-9]\d{0,18}$/;
const GUID = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i;

/** Ids hold neither separators nor quotes, so a line is simply cut; comma, semicolon and tab are all in use. */
export function readImportFile(text: string): ImportFile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const rows: ImportRow[] = [];
  const problems: ImportProblem[] = [];
  let order = PLAIN_ORDER;
  let begun = false;
  for (const [index, raw] of lines.entries()) {
    if (raw.trim() === '') continue;
    const cells = raw.split(/[,;\t]/).map((cell) =>
      cell
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .trim(),
    );
    const heading = begun ? undefined : headingOf(cells);
    begun = true;
    if (heading !== undefined) {
      order = heading;
      continue;
    }
    const row = readLine(index + 1, cells, order);
    if ('message' in row) problems.push(row);
    else rows.push(row);
  }
  const { once, twice } = withoutRepetitions(rows);
  return { rows: once, problems: [...problems, ...twice].toSorted((a, b) => a.line - b.line) };
}

function headingOf(cells: readonly string[]): readonly Column[] | undefined {
  const columns = cells.flatMap((cell) => HEADINGS[cell.toLowerCase().replace(/[^a-z]/g, '')] ?? []);
  return columns.length === cells.length && PLAIN_ORDER.every((column) => columns.includes(column)) ? columns : undefined;
}

function readLine(line: number, cells: readonly string[], order: readonly Column[]): ImportRow | ImportProblem {
  if (cells.length !== PLAIN_ORDER.length)
    return { line, message: `has ${cells.length} columns: give a person id, a table and a GUID, separated by commas` };
  const cell = (column: Column): string => cells[order.indexOf(column)] ?? '';
  const marketoId = cell('marketoId');
  if (!MARKETO_ID.test(marketoId)) return { line, message: 'has no person id: give the Marketo id, a positive whole number' };
  const table = tableOf(cell('table'));
  if (table === undefined) return { line, message: 'has no table: give contact or lead' };
  const microsoftId = GUID.exec(cell('microsoftId'))?.[1]?.toLowerCase();
  if (microsoftId === undefined)
    return { line, message: 'has no GUID: give the id of the Dynamics record, such as 6c9f1d3e-0d3b-ee11-be6d-002248aa0001' };
  return { line, marketoId, table, microsoftId };
}

function tableOf(text: string): Table | undefined {
  const word = text.toLowerCase();
  return word === 'contact' || word === 'lead' ? word : undefined;
}

/** One person has one row: of lines that contradict each other neither is taken, and a repeated line counts once. */
function withoutRepetitions(rows: readonly ImportRow[]): { once: readonly ImportRow[]; twice: readonly ImportProblem[] } {
  const first = new Map<string, ImportRow>();
  const clashing = new Map<ImportRow, ImportRow>();
  const once = new Set<ImportRow>();
  for (const row of rows) {
    const others = [first.get(`person/${row.marketoId}`), first.get(`row/${row.microsoftId}`)].filter((one) => one !== undefined);
    const [other] = others;
    if (other === undefined) {
      first.set(`person/${row.marketoId}`, row);
      first.set(`row/${row.microsoftId}`, row);
      once.add(row);
    } else if (others.some((one) => !isSame(one, row))) {
      clashing.set(row, other);
      for (const one of others) clashing.set(one, row);
    }
  }
  const twice = [...clashing].map(([row, other]) => ({
    line: row.line,
    message: `contradicts line ${other.line}: a person has one Dynamics record, and a record one person`,
  }));
  return { once: [...once].filter((row) => !clashing.has(row)), twice };
}

const isSame = (a: ImportRow, b: ImportRow): boolean =>
  a.marketoId === b.marketoId && a.table === b.table && a.microsoftId === b.microsoftId;
