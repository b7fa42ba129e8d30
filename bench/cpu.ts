/** Processor time by program: unlike the clock on the wall it does not ask who else is at the machine. Linux only. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Processor seconds so far, by program; empty where the system does not tell. */
export type CpuSeconds = Readonly<Record<string, number>>;

const TICKS_PER_SECOND = 100;

/** What the programs have used, with the processes that they started themselves (PostgreSQL has one for each connection). */
export function cpuSeconds(pids: Readonly<Record<string, number>>): CpuSeconds {
  if (!existsSync('/proc/self/stat')) return {};
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => statOf(pid) ?? []);
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [
      name,
      all.filter((one) => one.pid === pid || one.parent === pid).reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND,
    ]),
  );
}

/** What a program used between two looks, in words: milliseconds for each of `count` records. */
export function perRecord(before: CpuSeconds, after: CpuSeconds, count: number): string {
  const names = Object.keys(after).filter((name) => name in before);
  const ms = (name: string): string => ((((after[name] ?? 0) - (before[name] ?? 0)) * 1_000) / count).toFixed(2);
  return names.map((name) => `${name} ${ms(name)}`).join(', ');
}

/** Of one process, with those of its children that have ended; `undefined` when it has ended itself. */
function statOf(pid: string): { readonly pid: number; readonly parent: number; readonly ticks: number } | undefined {
  try {
    // The second field is a name in brackets that may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
    return { pid: Number(pid), parent: Number(fields[1]), ticks };
  } catch {
    return undefined;
  }
}
