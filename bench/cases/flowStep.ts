/** Campaigns that call the flow step: trigger campaigns in bursts, then a batch campaign with a full chunk. */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Campaigns, startCampaigns } from '../campaigns';
import { cpuSeconds, perRecord } from '../cpu';
import { type Figure, percentile } from '../figures';
import { startGateway } from '../gateway';
import type { House } from '../house';
import { residentMb } from '../residentMb';
import { dataverseCaller, marketoCaller } from '../vendors';

const PER_SEC = 30;
/** As trigger campaigns send them: many at once, then none for a while. */
const BURST = 100;
const CHUNK = 1_000;
/** Later than any answer is due. */
const PATIENCE_MS = 5 * 60_000;
/** The product's own promise to trigger campaigns. */
const TRIGGER_ANSWER_MS = 60_000;

export async function flowStep(
  house: House,
  workerPid: number,
  seconds: number,
  say: (words: string) => void,
): Promise<readonly Figure[]> {
  const people = await newPeople(house, BURST + PER_SEC * seconds + CHUNK);
  const gateway = await startGateway(house);
  const campaigns = await startCampaigns(gateway.url);
  const memory = () => ({ gateway: residentMb(gateway.pid), worker: residentMb(workerPid) });
  try {
    // The first burst finds everything cold.
    await burst(campaigns, people.splice(0, BURST));
    await campaigns.answered(PATIENCE_MS);
    campaigns.takeAnswers();
    const before = memory();
    const programs = { ...house.pids, worker: workerPid, gateway: gateway.pid };
    const cpuBefore = cpuSeconds(programs);
    say(`${PER_SEC} calls a second for ${seconds} s, in bursts of ${BURST}`);
    const triggered = people.splice(0, PER_SEC * seconds);
    const accepted = await bursts(campaigns, triggered);
    const load = loadavg()[0] ?? 0;
    await campaigns.answered(PATIENCE_MS);
    const answers = campaigns.takeAnswers();
    const cpu = perRecord(cpuBefore, cpuSeconds(programs), triggered.length);
    const after = memory();
    await house.settle();

    say(`a batch campaign with ${CHUNK} people`);
    const startedAt = performance.now();
    const chunkAccepted = await campaigns.call('batch', people);
    const cycle = house.cycle();
    await campaigns.answered(PATIENCE_MS);
    const chunkMs = performance.now() - startedAt;
    const [chunkAnswer] = campaigns.takeAnswers();
    await cycle;
    const rows = await rowsPerPerson(house);
    return [
      {
        what: `flow step, ${PER_SEC} calls/s in bursts of ${BURST}: accepted, p95`,
        value: percentile(accepted, 0.95),
        unit: 'ms',
        goal: { atMost: 150 },
        note: `${accepted.length} calls, median ${Math.round(percentile(accepted, 0.5))} ms, slowest ${Math.round(Math.max(...accepted))} ms; load average ${load.toFixed(1)}`,
      },
      {
        what: 'their answers to Marketo, p95 after the call',
        value: percentile(
          answers.map(({ afterMs }) => afterMs),
          0.95,
        ),
        unit: 'ms',
        goal: { atMost: TRIGGER_ANSWER_MS },
        note: `${operations(answers.flatMap((answer) => answer.operations))}; processor ms a person until then: ${cpu}`,
      },
      {
        what: 'calls answered other than exactly once',
        value: triggered.length - answers.length + campaigns.repeated(),
        unit: '',
        goal: { atMost: 0 },
      },
      {
        what: 'people with other than exactly one row',
        value: [...rows.values()].filter((count) => count !== 1).length + (BURST + PER_SEC * seconds + CHUNK - rows.size),
        unit: '',
        goal: { atMost: 0 },
      },
      { what: `a chunk of ${CHUNK}: accepted`, value: chunkAccepted, unit: 'ms', goal: { atMost: 1_000 } },
      {
        what: 'its answer, with a cycle',
        value: chunkMs / 1_000,
        unit: 's',
        note: `${Math.round((CHUNK * 1_000) / chunkMs)} people/s: ${operations(chunkAnswer?.operations ?? [])}`,
      },
      ...(['gateway', 'worker'] as const).map((name) => ({
        what: `memory of the ${name} after against before`,
        value: after[name] / before[name],
        unit: 'x',
        goal: { atMost: 1.5 },
        note: `${Math.round(before[name])} and ${Math.round(after[name])} MB`,
      })),
    ];
  } finally {
    await campaigns.close();
    await gateway.stop();
  }
}

/** A burst at a time, each at its moment, whether the one before was accepted or not. */
async function bursts(campaigns: Campaigns, people: readonly string[]): Promise<readonly number[]> {
  const waiting: Promise<readonly number[]>[] = [];
  const startedAt = performance.now();
  for (let at = 0; at < people.length; at += BURST) {
    await sleep(Math.max(0, startedAt + (at / PER_SEC) * 1_000 - performance.now()));
    waiting.push(burst(campaigns, people.slice(at, at + BURST)));
  }
  return (await Promise.all(waiting)).flat();
}

function burst(campaigns: Campaigns, people: readonly string[]): Promise<readonly number[]> {
  return Promise.all(people.map((id) => campaigns.call('trigger', [id])));
}

/** `3590 created, 10 queued` */
function operations(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}

const PEOPLE_PER_CALL = 300;
const LAST_NAME = 'Flow Step';

async function newPeople({ vendors }: House, count: number): Promise<string[]> {
  const call = await marketoCaller(vendors.marketoUrl);
  const ids: string[] = [];
  while (ids.length < count) {
    const input = Array.from({ length: Math.min(PEOPLE_PER_CALL, count - ids.length) }, (_, index) => ({
      firstName: 'Bench',
      lastName: LAST_NAME,
      email: `flow.step.${ids.length + index}@example.com`,
    }));
    const { result } = await call('/rest/v1/leads.json', { action: 'createOnly', lookupField: 'email', input });
    ids.push(...(result as readonly { readonly id: number }[]).map(({ id }) => String(id)));
  }
  return ids;
}

/** By e-mail address: how many leads there are. */
async function rowsPerPerson({ vendors }: House): Promise<ReadonlyMap<string, number>> {
  const call = await dataverseCaller(vendors.dataverseUrl);
  const rows = new Map<string, number>();
  let next: string | undefined = `leads?$select=emailaddress1&$filter=${encodeURIComponent(`lastname eq '${LAST_NAME}'`)}`;
  while (next !== undefined) {
    const page = (await call(next)) as { value?: readonly { emailaddress1: string }[]; '@odata.nextLink'?: string };
    for (const { emailaddress1: email } of page.value ?? []) rows.set(email, (rows.get(email) ?? 0) + 1);
    next = page['@odata.nextLink'];
  }
  return rows;
}
