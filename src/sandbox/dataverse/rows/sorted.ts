/** Keeping an array of ids in ascending order. */

/** Where `id` is, or would have to be. */
export function positionOf(ids: readonly string[], id: string): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as string) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function insertSorted(ids: string[], id: string): void {
  const at = positionOf(ids, id);
  if (ids[at] !== id) ids.splice(at, 0, id);
}

export function removeSorted(ids: string[], id: string): void {
  const at = positionOf(ids, id);
  if (ids[at] === id) ids.splice(at, 1);
}
