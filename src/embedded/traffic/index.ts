/** `npm start -- --traffic`: people at work on both sides, so that there is always something to see. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createMarketing } from '../demo/marketing';
import { createDynamicsUser } from '../people/dynamicsUser';
import { createMarketoUser } from '../people/marketoUser';
import { createCampaigns } from './campaigns';
import { createEdits, type Deed } from './edits';
import { findHumans, type Human } from './pairs';

export interface TrafficOptions {
  readonly marketoUrl: string;
  readonly dynamicsUrl: string;
  readonly gatewayUrl: string;
  /** Of campaigns. */
  readonly token: string;
  readonly perMinute: number;
  /** Told what was done, or that it could not be. */
  readonly tell: (sentence: string) => void;
  /** From 0 to 1, 1 excluded. */
  readonly random?: () => number;
}

export interface Traffic {
  /** Ends it, within two seconds: edits that have begun are finished, campaigns go on without us. Answers how much was done. */
  stop(): Promise<number>;
}

/** How often which kind of thing is done: edits mostly, both at once now and then, creations as campaigns ask for them. */
const SHARES = { marketing: 0.4, sales: 0.4, both: 0.1, campaigns: 0.1 } as const;
/** After so many deeds the humans are looked for anew: some have been created since. */
const LOOK_AGAIN_AFTER = 100;
/** Campaigns wait for their answers; more of them than this at once would be a queue, and no traffic. */
const MOST_AT_ONCE = 20;
const GO_HOME_MS = 2_000;

export function startTraffic(options: TrafficOptions): Traffic {
  const { random = Math.random, tell } = options;
  const marketo = createMarketoUser(options.marketoUrl);
  const dynamics = createDynamicsUser(options.dynamicsUrl);
  const stopping = new AbortController();
  const { signal } = stopping;
  const underWay = new Set<Promise<void>>();
  let humans: readonly Human[] = [];
  let number = Math.floor(random() * 10_000);
  let done = 0;

  const oneOf = <T>(list: readonly T[]): T => {
    const found = list[Math.floor(random() * list.length)];
    if (found === undefined) throw new Error('nobody is paired yet');
    return found;
  };
  const next = (): number => (number += 1);
  const deeds: Readonly<Record<keyof typeof SHARES, readonly Deed[]>> = {
    ...createEdits({ marketo, dynamics, somebody: () => oneOf(humans), next }),
    campaigns: createCampaigns({ ...options, marketing: createMarketing(options.marketoUrl), next, signal }),
  };

  const choose = (): Deed => {
    let left = random();
    const kind = (Object.keys(SHARES) as (keyof typeof SHARES)[]).find((name) => (left -= SHARES[name]) < 0);
    return oneOf(deeds[kind ?? 'marketing']);
  };
  const perform = async (): Promise<void> => {
    try {
      const sentence = await choose()();
      done += 1;
      tell(sentence);
    } catch (error) {
      // A campaign whose answer nobody waits for any more was done all the same.
      if (!signal.aborted) tell(`Something could not be done: ${(error as Error).message}`);
    }
  };
  const work = async (): Promise<void> => {
    for (let count = 0; !signal.aborted; count += 1) {
      if (count % LOOK_AGAIN_AFTER === 0) humans = await findHumans(marketo, dynamics).catch(() => humans);
      if (underWay.size < MOST_AT_ONCE) {
        const deed = perform().finally(() => underWay.delete(deed));
        underWay.add(deed);
      }
      await sleep(60_000 / options.perMinute, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(underWay);
  };

  const working = work();
  return {
    async stop() {
      stopping.abort();
      // A webhook waits for its outcome for longer than a Ctrl-C should.
      await Promise.race([working, sleep(GO_HOME_MS)]);
      return done;
    },
  };
}
