/** Ids in ascending order, in pieces: one more among 200,000 moves a few hundred of them and not all. */

export interface SortedIds {
  add(id: string): void;
  remove(id: string): void;
  /** Those behind `id`, whether it is among them or not; all of them without one. */
  after(id?: string): Iterable<string>;
}

const LARGEST_PIECE = 1024;

export function createSortedIds(all: Iterable<string>): SortedIds {
  const sorted = [...all].sort();
  // None is empty, but for the only one there is.
  const pieces: string[][] = [[]];
  for (let at = 0; at < sorted.length; at += LARGEST_PIECE / 2) {
    const piece = sorted.slice(at, at + LARGEST_PIECE / 2);
    if (at === 0) pieces[0] = piece;
    else pieces.push(piece);
  }
  /** The piece that `id` is in, or belongs to. */
  const pieceOf = (id: string): number => Math.max(0, firstWhere(pieces, (piece) => (piece[0] ?? '') > id) - 1);
  const pieceAt = (index: number): string[] => pieces[index] ?? [];
  const placeOf = (piece: readonly string[], id: string): number => firstWhere(piece, (one) => one >= id);
  return {
    add(id) {
      const index = pieceOf(id);
      const piece = pieceAt(index);
      const at = placeOf(piece, id);
      if (piece[at] === id) return;
      piece.splice(at, 0, id);
      if (piece.length > LARGEST_PIECE) pieces.splice(index + 1, 0, piece.splice(LARGEST_PIECE / 2));
    },
    remove(id) {
      const index = pieceOf(id);
      const piece = pieceAt(index);
      const at = placeOf(piece, id);
      if (piece[at] !== id) return;
      piece.splice(at, 1);
      if (piece.length === 0 && pieces.length > 1) pieces.splice(index, 1);
    },
    *after(id) {
      const first = id === undefined ? 0 : pieceOf(id);
      for (let index = first; index < pieces.length; index += 1) {
        const piece = pieceAt(index);
        const start = id === undefined || index > first ? 0 : firstWhere(piece, (one) => one > id);
        for (let at = start; at < piece.length; at += 1) yield piece[at] as string;
      }
    },
  };
}

/** Where the first one is for which it holds; it must hold for all that follow. */
function firstWhere<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(items[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
