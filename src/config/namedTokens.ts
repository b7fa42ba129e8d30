/** Tokens with names, as a setting or a file holds them. */

export interface NamedToken {
  /** Stands in logs and with what was asked by this token. */
  readonly name: string;
  readonly value: string;
}

export type ReadTokens = { readonly tokens: readonly NamedToken[] } | { readonly problem: string };

/** What fits in a header, and is not guessed at once. */
export const TOKEN = /^[\w.~+/=-]{8,512}$/;
const NAME = /^[a-z\d][\w.-]{0,63}$/i;

/**
 * Reads `name:token`, one a line or with commas between them; `#` begins a comment. A problem is the rest of a sentence about where it
 * was read from: it names the entry by its number, and never quotes it, as it may be a token.
 */
export function readTokens(text: string): ReadTokens {
  const entries = text
    .split(/\r?\n/)
    .flatMap((line) => line.replace(/#.*/, '').split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const tokens: NamedToken[] = [];
  for (const [index, entry] of entries.entries()) {
    const [, name = '', value = ''] = /^([^:]*):(.*)$/.exec(entry) ?? [];
    const token = { name: name.trim(), value: value.trim() };
    const where = `entry ${index + 1} of ${entries.length}`;
    if (!NAME.test(token.name))
      return { problem: `must hold name:token; ${where} does not begin with a name of letters, digits or -._ and a colon.` };
    if (!TOKEN.test(token.value))
      return { problem: `must hold name:token; the token of ${where} is not 8 or more letters, digits or -._~+/=.` };
    if (tokens.some((other) => other.value === token.value))
      return { problem: `must give each name a token of its own; ${where} has the same one as an entry before.` };
    tokens.push(token);
  }
  return { tokens };
}
