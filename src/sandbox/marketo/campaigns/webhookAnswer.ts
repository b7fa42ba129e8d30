/** What a webhook answered, read as the type that the webhook declares, and the values at its paths. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { isRecord } from '../http/call';

export type ResponseType = 'json' | 'xml';

/** Elements are lists throughout, for nothing in a document says which of them may come again. */
const xml = new XMLParser({ isArray: () => true, parseTagValue: false, ignoreAttributes: true });

/** Finds the value at a path such as `orders[0].orderDate` or `elementList.element[0].foo`; `undefined` where there is none. */
export type Lookup = (path: string) => unknown;

/** An answer of another type than the declared one holds nothing at any path. */
export function readAnswer(type: ResponseType, text: string): Lookup {
  if (type === 'json') return (path) => follow(readJson(text), path);
  const root: unknown = XMLValidator.validate(text) === true ? xml.parse(text) : undefined;
  return (path) => only(follow(root, path, only));
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An element that is there once needs no index. */
const only = (found: unknown): unknown => (Array.isArray(found) && found.length === 1 ? (found[0] as unknown) : found);

/** Keys may hold letters, digits, `-`, `_`, `:` and blanks; anything else in a path finds nothing. `enter` is done before a key. */
function follow(answer: unknown, path: string, enter: (found: unknown) => unknown = (found) => found): unknown {
  let found = answer;
  for (const step of path.split('.')) {
    const [, key = '', indexes = ''] = /^([\w\-: ]+)((?:\[\d+\])*)$/.exec(step) ?? [];
    const parent = enter(found);
    found = isRecord(parent) ? parent[key] : undefined;
    for (const [, index] of indexes.matchAll(/\[(\d+)\]/g)) found = Array.isArray(found) ? found[Number(index)] : undefined;
  }
  return found;
}
