/** Query parameters as clients send them: form-encoded or not at all, names as well as values. */

/** Percent signs and plus signs are read where they make sense and left as they are where they do not. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** By name; of a name that comes twice, the last one counts. */
export function readParameters(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const cut = part.indexOf('=');
    const [name, value] = cut === -1 ? [part, ''] : [part.slice(0, cut), part.slice(cut + 1)];
    parameters.set(decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' ')));
  }
  return parameters;
}

/** Splits at a character that is neither in parentheses nor in quotes. */
export function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let [depth, quoted, start] = [0, false, 0];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === separator && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
