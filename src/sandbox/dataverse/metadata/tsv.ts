/** Tab-separated data files with a head line; empty cells at the end of a line may be missing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DATA = join(__dirname, '..', 'data');

export type Line = ReadonlyMap<string, string>;

export const cell = (line: Line, name: string): string => line.get(name) ?? '';

/** The lines of a file under `data/`, which the build copies beside the compiled code. */
export function readTsv(file: string): Line[] {
  const [head = '', ...lines] = readFileSync(join(DATA, file), 'utf8').trimEnd().split('\n');
  const names = head.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    return new Map(names.map((name, i) => [name, cells[i] ?? '']));
  });
}
