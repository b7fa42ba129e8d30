/** The flow step in a world: installed and run by the Marketo sandbox, offered by a gateway that is a program of its own and can be killed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/embedded/processes';
import { FLOW_STEP_DOCUMENT_PATH } from '../../src/gateway/schemas';
import { type GatewayProgram, startGatewayProgram } from '../contract/gateway/support';
import { GATEWAY_TOKEN, startWorld, type World } from './world';

export interface PersonResult {
  readonly leadId: number;
  readonly success: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface CampaignRun {
  readonly id: string;
  readonly state: 'waiting' | 'done';
  readonly results: readonly PersonResult[];
  readonly missing: readonly number[];
  readonly calls: readonly { readonly answered: boolean; readonly refused: Readonly<Record<string, number>> }[];
}

export interface Installed {
  readonly picklists: Readonly<Record<string, readonly { readonly submittedValue: string }[]>>;
  readonly incoming: object;
}

export interface Campaigns {
  readonly world: World;
  readonly step: Installed;
  newPerson(over?: Readonly<Record<string, string>>): Promise<string>;
  emailOf(id: string): Promise<string>;
  /** The rows with this person's e-mail address, of both tables. */
  rowsOf(id: string): Promise<Record<string, unknown>[]>;
  /** Has a campaign send these people through the step; answers the id of its run. */
  run(ids: readonly string[], type: 'trigger' | 'batch', over?: object): Promise<string>;
  stateOf(run: string): Promise<CampaignRun>;
  /** Resolves when every person has an answer. */
  finished(run: string, timeoutMs?: number): Promise<CampaignRun>;
  /** `kill -9`. */
  crashGateway(): Promise<void>;
  /** At the address it had: Marketo keeps the one it has installed. */
  startGateway(): Promise<void>;
  stop(): Promise<void>;
}

export async function startCampaigns(): Promise<Campaigns> {
  const world = await startWorld({ people: 20, contacts: 10, leads: 5, ownProcess: true });
  const port = await freePort();
  let gateway: GatewayProgram;
  const startGateway = async (): Promise<void> => {
    gateway = await startGatewayProgram({ ...world.env, MDSYNC_GATEWAY_TOKEN: GATEWAY_TOKEN }, port);
    await gateway.says('gateway ready');
  };
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    gateway.kill(signal);
    await gateway.ended;
  };
  await startGateway();
  await world.settle();
  const url = `http://127.0.0.1:${port}${FLOW_STEP_DOCUMENT_PATH}`;
  const step = await world.control('marketo', 'campaigns/flow-step/install', { url, apiKey: GATEWAY_TOKEN });

  let last = 0;
  const emailOf = async (id: string) => String((await world.marketer.person(id, ['email']))?.['email']);
  const stateOf = async (id: string): Promise<CampaignRun> => {
    const { runs } = await world.control('marketo', 'campaigns/flow-step');
    return (runs as CampaignRun[]).find((one) => one.id === id) as CampaignRun;
  };
  return {
    world,
    step: step as unknown as Installed,
    newPerson(over = {}) {
      last += 1;
      return world.marketer.create({
        firstName: 'Flow',
        lastName: `Step ${last}`,
        email: `flow.step.${last}@example.com`,
        ...over,
      });
    },
    emailOf,
    async rowsOf(id) {
      const filter = `emailaddress1 eq '${await emailOf(id)}'`;
      return [...(await world.sales.find('leads', filter)), ...(await world.sales.find('contacts', filter))];
    },
    async run(ids, type, over = {}) {
      const body = { service: 'syncPersonToMicrosoft', type, leadIds: ids.map(Number), flow: { syncAs: 'lead' }, ...over };
      const { run } = await world.control('marketo', 'campaigns/flow-step/run', body);
      return String(run);
    },
    stateOf,
    async finished(id, timeoutMs = 45_000) {
      const until = Date.now() + timeoutMs;
      for (;;) {
        const found = await stateOf(id);
        if (found.state === 'done') return found;
        if (Date.now() > until) throw new Error(`The campaign is waiting still: ${JSON.stringify(found).slice(0, 500)}`);
        await sleep(100);
      }
    },
    crashGateway: () => end('SIGKILL'),
    startGateway,
    async stop() {
      await end('SIGTERM');
      await world.stop();
    },
  };
}
