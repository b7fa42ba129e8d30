/** The text of an export: a header and a row per record, `null` for no value. */
import { type Format, FORMATS } from './jobs';

export type Cell = string | number | boolean | null | undefined;

export function tableText(
  format: Format,
  header: readonly string[],
  rows: Iterable<readonly Cell[]>,
): { text: string; records: number } {
  const separator = FORMATS[format];
  const line = (cells: readonly Cell[]): string => cells.map((cell) => quoted(String(cell ?? null), separator)).join(separator);
  const lines = [line(header)];
  for (const row of rows) lines.push(line(row));
  return { text: `${lines.join('\n')}\n`, records: lines.length - 1 };
}

const quoted = (text: string, separator: string): string =>
  text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
