/** What a changed record and an idle cycle cost in calls and in history: counts, the same on every machine. */
import type { Figure } from '../figures';
import type { House } from '../house';
import { change, type Pair } from '../pairs';
import { difference, productCalls } from '../vendors';

/** Calls per changed record with `pairs` changed in one cycle; what an idle cycle takes is not theirs. */
export async function callsPerRecord(house: House, pairs: readonly Pair[]): Promise<readonly Figure[]> {
  await house.settle();
  const idle = await idleCycle(house);
  await change(house, pairs);
  const before = await productCalls(house.vendors);
  await house.cycle();
  const all = difference(await productCalls(house.vendors), before);
  const perRecord = (side: 'marketo' | 'dynamics'): Figure => ({
    what: `${side === 'marketo' ? 'Marketo' : 'Dynamics'} calls per changed record, ${pairs.length} changes`,
    value: all[side] / pairs.length,
    unit: 'calls',
    goal: { atMost: 0.03 },
    note: `${all[side]} calls, of which the feeds take ${idle.calls[side]}`,
  });
  await house.settle();
  return [
    perRecord('marketo'),
    perRecord('dynamics'),
    {
      what: 'calls of an idle cycle',
      value: idle.calls.marketo + idle.calls.dynamics,
      unit: 'calls',
      goal: { atMost: 5 },
    },
    { what: 'history events of an idle cycle', value: idle.events, unit: 'events', goal: { atMost: 40 } },
  ];
}

async function idleCycle(house: House) {
  const before = await productCalls(house.vendors);
  const { workflowId } = await house.cycle();
  const calls = difference(await productCalls(house.vendors), before);
  return { calls, events: await eventsOf(house, workflowId) };
}

async function eventsOf(house: House, workflowId: string): Promise<number> {
  const { events } = await house.client.workflow.getHandle(workflowId).fetchHistory();
  return events?.length ?? 0;
}

/** History events of one record's run. */
export async function eventsPerRecord(house: House, pair: Pair): Promise<Figure> {
  const events = await eventsOf(house, `record/${pair.marketoId}`);
  return { what: 'history events of one written record', value: events, unit: 'events' };
}
