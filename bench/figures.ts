/** What a measurement comes to: figures with their goals, for the screen and for the file. */

export interface Figure {
  /** What was measured, in a few words. */
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** Lowest and highest of the rounds, where there were several; `value` is their median. */
  readonly spread?: readonly [lowest: number, highest: number];
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number };
  /** What else is worth knowing, such as the two figures a ratio was made of. */
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** The value that `share` of all are not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function ofRounds(values: readonly number[], rest: Omit<Figure, 'value' | 'spread'>): Figure {
  return { ...rest, value: median(values), spread: [Math.min(...values), Math.max(...values)] };
}

export function isMet({ value, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined;
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

/** One line per figure, with its goal beside it. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.what,
    `${round(figure.value)} ${figure.unit}`,
    figure.spread === undefined ? '' : `${round(figure.spread[0])} .. ${round(figure.spread[1])}`,
    goalOf(figure),
    figure.note ?? '',
  ]);
  const all = [['what', 'figure', 'spread', 'goal', 'note'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return all.map((row) => line(row).trimEnd()).join('\n');
}

function goalOf(figure: Figure): string {
  const { goal } = figure;
  if (goal === undefined) return '';
  const wanted = 'atLeast' in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`;
  return `${wanted} ${isMet(figure) ? 'reached' : 'MISSED'}`;
}

/** Three figures that count. */
const round = (value: number): string =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
