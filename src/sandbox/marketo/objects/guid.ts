/** GUIDs of objects: a beginning of the kind's own, and the object's number at the end, so that neither needs an index. */
import { createHash } from 'node:crypto';

const GUID = /^(.{24})([\da-f]{12})$/;

export const guidOf = (kind: string, id: number): string => beginningOf(kind) + id.toString(16).padStart(12, '0');

/** `undefined` for what is no GUID of that kind. */
export function idOfGuid(kind: string, guid: string): number | undefined {
  const [, beginning, number = ''] = GUID.exec(guid.trim().toLowerCase()) ?? [];
  return beginning === beginningOf(kind) ? parseInt(number, 16) : undefined;
}

function beginningOf(kind: string): string {
  const hex = createHash('sha256').update(kind).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-8${hex.slice(15, 18)}-`;
}
