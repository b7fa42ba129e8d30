/** The file of campaigns' tokens: read at the start, and again whenever it changes. */
import { readFileSync } from 'node:fs';
import { type NamedToken, type ReadTokens, readTokens } from '../../config/namedTokens';
import type { Log } from '../../core/ports';

/** It is small: reading it is cheaper than knowing how it may be replaced, by an editor or by a mounted secret that is swapped. */
const READ_EVERY_MS = 1_000;

/** The file, and what it held when it was read first. */
export interface TokensFile {
  readonly path: string;
  readonly tokens: readonly NamedToken[];
}

/** What the file holds; a problem names the file and what to do. An empty file is a problem: it may be one that is being written. */
export function readTokensFile(file: string, operatorToken: string): ReadTokens {
  const problem = (words: string): ReadTokens => ({ problem: `${file}, named by MDSYNC_GATEWAY_TOKENS_FILE, ${words}` });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return problem(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
  }
  const read = readTokens(text);
  if ('problem' in read) return problem(read.problem);
  if (read.tokens.length === 0) return problem('holds no tokens: write one name:token a line.');
  if (read.tokens.some(({ value }) => value === operatorToken))
    return problem('holds the token of operators: campaigns must not be able to act as operators.');
  return read;
}

/** Tells of the tokens whenever they have changed; with a problem they stay as they were, and the log says so once. */
export function followTokensFile(
  { path, tokens: first }: TokensFile,
  { operatorToken, signal, log }: { readonly operatorToken: string; readonly signal: AbortSignal; readonly log: Log },
  onTokens: (tokens: readonly NamedToken[]) => void,
): void {
  let known = JSON.stringify({ tokens: first } satisfies ReadTokens);
  const look = (): void => {
    const read = readTokensFile(path, operatorToken);
    const found = JSON.stringify(read);
    if (found === known) return;
    known = found;
    if ('problem' in read) return log.error({}, `${read.problem} The tokens stay as they were.`);
    onTokens(read.tokens);
    log.info({ names: read.tokens.map(({ name }) => name) }, 'the tokens of campaigns were read again');
  };
  const timer = setInterval(look, READ_EVERY_MS).unref();
  signal.addEventListener('abort', () => clearInterval(timer));
}
