/** The log files of what `npm start` runs: begun anew at each start, the previous one kept beside. */
import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync } from 'node:fs';

/** Pino's number for `error`. */
const ERROR_LEVEL = 50;
const WATCH_EVERY_MS = 500;
/** A program in trouble repeats itself: the same words are passed on once in this time. */
const SAY_AGAIN_AFTER_MS = 60_000;

/** Opens an empty log for a child to write to. The caller closes it once the child has it. */
export function openLog(file: string): number {
  if (existsSync(file)) renameSync(file, `${file}.previous`);
  return openSync(file, 'a', 0o644);
}

/** The last lines of a log, as a person reads them: without stack traces, which the file has. */
export function endOfLog(file: string, lines = 15): string {
  if (!existsSync(file)) return '';
  const all = readFileSync(file, 'utf8').trimEnd().split('\n');
  return all
    .filter((line) => !/^ +at /.test(line))
    .slice(-lines)
    .map((line) => parse(line)?.text ?? line)
    .join('\n');
}

/** Passes on what a program logs as an error, until the returned function is called. */
export function watchErrors(file: string, onError: (message: string) => void): () => void {
  let offset = 0;
  let unfinished = '';
  const saidAt = new Map<string, number>();
  const look = (): void => {
    const { text, end } = readFrom(file, offset);
    offset = end;
    const lines = (unfinished + text).split('\n');
    unfinished = lines.pop() ?? '';
    for (const line of lines) {
      const entry = parse(line);
      if (entry === undefined || entry.level < ERROR_LEVEL) continue;
      if (Date.now() - (saidAt.get(entry.message) ?? 0) < SAY_AGAIN_AFTER_MS) continue;
      saidAt.set(entry.message, Date.now());
      onError(entry.text);
    }
  };
  // Looking is cheaper than it seems and works on every file system; notifications of changes do not.
  const timer = setInterval(look, WATCH_EVERY_MS);
  return () => {
    clearInterval(timer);
    look();
  };
}

function readFrom(file: string, offset: number): { readonly text: string; readonly end: number } {
  if (!existsSync(file)) return { text: '', end: offset };
  const source = openSync(file, 'r');
  try {
    const block = Buffer.alloc(64 * 1024);
    const length = readSync(source, block, 0, block.length, offset);
    return { text: block.toString('utf8', 0, length), end: offset + length };
  } finally {
    closeSync(source);
  }
}

interface Entry {
  readonly level: number;
  readonly message: string;
  readonly text: string;
}

/** Our programs log one JSON object a line; whatever else stands there is passed over. */
function parse(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { level, msg, err } = JSON.parse(line) as { level?: number; msg?: string; err?: { message?: string } };
    if (typeof level !== 'number' || typeof msg !== 'string') return undefined;
    const cause = err?.message && !msg.includes(err.message) ? ` (${err.message})` : '';
    return { level, message: msg, text: `${msg}${cause}` };
  } catch {
    return undefined;
  }
}
