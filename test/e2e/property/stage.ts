/** The product with a tap before each vendor, for playing one batch of streams after another. */
import { writeSetting } from '../../../src/store/settings';
import { runSetUp } from '../../../src/temporal/setUp';
import { startTap, type Tap } from '../../support/tap';
import { startWorld, type World } from '../../support/world';
import { FIELDS, GAMMA, type Weather } from './plans';
import { type Seen, seeWrites } from './writes';

/** The column that administrators close and refuse values of. */
const CLOSED = { table: 'contact', column: FIELDS.title } as const;
const REFUSED = { pattern: `^${GAMMA}`, code: '0x80040265', message: 'We have no gammas.' } as const;

const DAY_MS = 24 * 3_600_000;
const NO_LIMITS = { requests: 10_000_000, executionSeconds: 10_000_000, concurrent: 1_000 };

export interface Stage {
  readonly world: World;
  /** The address of Dynamics that the product uses. */
  readonly tappedDynamicsUrl: string;
  /** What the product has written since this was asked last. */
  writes(): readonly Seen[];
  change(weather: Weather): Promise<void>;
  close(): Promise<void>;
}

export async function startStage(): Promise<Stage> {
  const taps: Tap[] = [];
  let seen: Seen[] = [];
  let now: Weather = { secured: false, refusing: false };
  let stage: World | undefined;
  let tappedDynamicsUrl = '';
  const world = await startWorld({
    // Nothing fails here that would have to be given up soon, however busy the machine is; but after a lost answer a pair rests for as long.
    env: { MDSYNC_DELETE_GRACE_SEC: '0', MARKETO_TIMEOUT_MS: '20000', DATAVERSE_TIMEOUT_MS: '20000' },
    async through(side, url) {
      const tap = await startTap(url, async (writes) => {
        if (stage !== undefined) seen.push(...(await seeWrites(stage, writes, now.secured)));
      });
      taps.push(tap);
      if (side === 'dataverse') tappedDynamicsUrl = tap.url;
      return tap.url;
    },
  });
  stage = world;
  // Salespeople of hundreds of streams are one user here.
  await world.control('dataverse', 'limits', NO_LIMITS);
  // Many streams delete more than one company does: an operator has approved of it, else streams would depend on each other.
  await writeSetting(world.db, 'deletesApprovedUntil', new Date(Date.now() + DAY_MS).toISOString());
  return {
    world,
    tappedDynamicsUrl,
    writes() {
      const soFar = seen;
      seen = [];
      return soFar;
    },
    async change(weather) {
      const { secured, refusing } = now;
      now = weather;
      if (weather.secured && !secured)
        await world.control('dataverse', 'column-security', { ...CLOSED, read: false, update: false });
      if (!weather.secured && secured) {
        await world.control('dataverse', 'column-security', undefined, 'DELETE');
        // Administrators have the sync look at its permissions once they have given it some.
        await runSetUp(world.client);
      }
      if (weather.refusing && !refusing)
        for (const table of ['contact', 'lead'])
          await world.control('dataverse', 'rules', { table, column: FIELDS.title, ...REFUSED });
      if (!weather.refusing && refusing) await world.control('dataverse', 'rules', undefined, 'DELETE');
    },
    async close() {
      await world.stop();
      for (const tap of taps) await tap.close();
    },
  };
}
