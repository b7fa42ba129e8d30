/** The pictures Marketo shows: of the brand in its list of services, of the step in the palette of flow steps. */
import { encodePng, type Pixel } from './png';

const SIZE = 32;
/** Each pixel is the mean of a grid of this many samples a side, for smooth edges. */
const SAMPLES = 4;

type Shape = (x: number, y: number) => boolean;
type Layer = readonly [Shape, Pixel];

const VIOLET: Pixel = [92, 76, 159, 255];
const BLUE: Pixel = [0, 120, 212, 255];
const WHITE: Pixel = [255, 255, 255, 255];
const CLEAR: Pixel = [0, 0, 0, 0];

const circle =
  (cx: number, cy: number, radius: number): Shape =>
  (x, y) =>
    (x - cx) ** 2 + (y - cy) ** 2 <= radius ** 2;
const box =
  (left: number, top: number, right: number, bottom: number): Shape =>
  (x, y) =>
    x >= left && x <= right && y >= top && y <= bottom;
/** A triangle that points right (`by` positive) or left, its tip at x, y. */
const tip =
  (tipX: number, tipY: number, by: number): Shape =>
  (x, y) => {
    const back = (tipX - x) * Math.sign(by);
    return back >= 0 && back <= Math.abs(by) && Math.abs(y - tipY) <= back;
  };
const both =
  (first: Shape, second: Shape): Shape =>
  (x, y) =>
    first(x, y) && second(x, y);

/** Two halves of one disc, an arrow from each to the other: the two sides, kept the same. */
export function brandIcon(): Buffer {
  const disc = circle(16, 16, 15.5);
  return draw([
    [disc, VIOLET],
    [both(disc, box(0, 16, 32, 32)), BLUE],
    [box(7, 9.5, 19, 12.5), WHITE],
    [tip(25, 11, 6.5), WHITE],
    [box(13, 19.5, 25, 22.5), WHITE],
    [tip(7, 21, -6.5), WHITE],
  ]);
}

/** A person on the way to the other side. */
export function serviceIcon(): Buffer {
  return draw([
    [circle(9, 8.5, 5), VIOLET],
    [both(circle(9, 24, 8.5), box(0, 15, 18, 27)), VIOLET],
    [box(14, 14.5, 19, 17.5), BLUE],
    [tip(24, 16, 5.5), BLUE],
    [box(26, 4, 30, 28), BLUE],
  ]);
}

function draw(layers: readonly Layer[]): Buffer {
  return encodePng(SIZE, (x, y) =>
    mean(samplesOf(x, y).map(([sx, sy]) => layers.findLast(([covers]) => covers(sx, sy))?.[1] ?? CLEAR)),
  );
}

function samplesOf(x: number, y: number): [number, number][] {
  const steps = Array.from({ length: SAMPLES }, (_step, index) => (index + 0.5) / SAMPLES);
  return steps.flatMap((dx) => steps.map((dy): [number, number] => [x + dx, y + dy]));
}

/** Colours count as much as they are opaque, so that nothing turns grey at an edge. */
function mean(samples: readonly Pixel[]): Pixel {
  const opacity = samples.reduce((sum, [, , , alpha]) => sum + alpha, 0);
  if (opacity === 0) return CLEAR;
  const channel = (index: 0 | 1 | 2): number =>
    Math.round(samples.reduce((sum, pixel) => sum + pixel[index] * pixel[3], 0) / opacity);
  return [channel(0), channel(1), channel(2), Math.round(opacity / samples.length)];
}
