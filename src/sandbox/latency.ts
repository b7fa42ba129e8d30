/** How long a sandbox takes to answer: log-normal, as services are, and the same sequence in every run. */
import { seededRandom } from './random';

export interface Latency {
  /** The wait of the next request; 0 unless set. */
  nextMs(): number;
  set(medianMs: number, p99Ms: number): void;
  clear(): void;
}

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.326;

export function createLatency(): Latency {
  let next = (): number => 0;
  return {
    nextMs: () => next(),
    set(medianMs, p99Ms) {
      const random = seededRandom(1);
      const sigma = medianMs > 0 ? Math.log(Math.max(p99Ms, medianMs) / medianMs) / Z99 : 0;
      next = () => medianMs * Math.exp(sigma * standardNormal(random));
    },
    clear() {
      next = () => 0;
    },
  };
}

/** Box and Muller's way from two uniform numbers to a normal one. */
function standardNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
