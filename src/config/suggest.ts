/** "Did you mean ...?" for names that people mistyped. */

/** What to write instead of `given`: the one name that was probably meant, or all there are. */
export function didYouMean(given: string, known: readonly string[]): string {
  const name = closest(given, known);
  return name === undefined ? `use one of ${known.join(', ')}` : `did you mean ${name}?`;
}

/** The known name closest to `given`, if one is close enough to be meant. */
function closest(given: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, distance: editDistance(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.ceil(name.length / 3))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.name;
}

/** Levenshtein: how many letters have to be put in, taken out or replaced. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of Array.from(a).entries()) {
    const current = [row + 1];
    for (const [column, other] of Array.from(b).entries())
      current.push(
        Math.min((above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1, (above[column] ?? 0) + (letter === other ? 0 : 1)),
      );
    above = current;
  }
  return above.at(-1) ?? 0;
}
