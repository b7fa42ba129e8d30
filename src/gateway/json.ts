/**
 * Parses JSON so that ids survive. Ids are 64-bit, and `JSON.parse` rounds integers beyond 2^53 to another person's id, so such
 * integers come back as strings of their digits.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return LONG_INTEGER.test(text) ? JSON.parse(text.replace(TOKEN, quoteUnsafeInteger)) : value;
}

const LONG_INTEGER = /\d{16}/;
/** Strings are matched too, so that digits inside them are left alone. Sound because the text has been parsed once already. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function quoteUnsafeInteger(token: string): string {
  return /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}
