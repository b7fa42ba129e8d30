/** Rows that somebody's import changes all at once, against a script that does the same with ideal pages and remembers nothing. */
import type { Figure } from '../figures';
import type { House } from '../house';
import type { Pair } from '../pairs';
import { editContacts, editPeople, NO_LATENCY, setLatency } from '../vendors';

export async function massUpdate(house: House, pairs: readonly Pair[]): Promise<readonly Figure[]> {
  const { vendors, latency } = house;
  await setLatency(vendors, NO_LATENCY);
  await editContacts(
    vendors,
    pairs.map(({ microsoftId }) => microsoftId),
    '+1 206 555 7777',
  );
  await setLatency(vendors, latency);
  const { ms, outcomes } = await house.cycle();
  if (outcomes.written !== pairs.length) throw new Error(`Of ${pairs.length} rows the cycle wrote ${JSON.stringify(outcomes)}`);
  const ours = (pairs.length / ms) * 1_000;
  await house.settle();

  const startedAt = performance.now();
  await editPeople(
    vendors,
    pairs.map(({ marketoId }) => marketoId),
    '+1 206 555 8888',
  );
  const script = (pairs.length / (performance.now() - startedAt)) * 1_000;
  await house.settle();
  return [
    {
      what: `mass update of ${pairs.length} rows against a plain script`,
      value: ours / script,
      unit: 'x',
      goal: { atLeast: 0.5 },
      note: `${ours.toFixed(0)} and ${script.toFixed(0)} records/s; the script is told what to write, and reads nothing`,
    },
  ];
}
