/** Marketo as a flow step sees it: calls with people, and an address that takes the answers. Nothing but that, so that it is quick. */
import { randomUUID } from 'node:crypto';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { GATEWAY_TOKEN } from './gateway';

export interface TakenAnswer {
  /** Since the call left. */
  readonly afterMs: number;
  /** One for each person. */
  readonly operations: readonly string[];
}

export interface Campaigns {
  /** Answers how long it took until the call was accepted, in ms; rejects when it was not. */
  call(type: 'trigger' | 'batch', ids: readonly string[]): Promise<number>;
  /** Resolves when every call has its answer; rejects after `patienceMs`. */
  answered(patienceMs: number): Promise<void>;
  /** Those that came since this was asked last. */
  takeAnswers(): readonly TakenAnswer[];
  /** Answers that came for a call that had one. */
  repeated(): number;
  close(): Promise<void>;
}

const PATH = '/flow-steps/sync-person-to-microsoft/submitAsyncAction';
/** As many connections as a burst has calls. */
const CONNECTIONS = 100;

export async function startCampaigns(gatewayUrl: string): Promise<Campaigns> {
  const open = new Map<string, number>();
  let answers: TakenAnswer[] = [];
  let repeated = 0;
  const receiver = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const token = String(incoming.headers['x-callback-token']);
      const calledAt = open.get(token);
      response.writeHead(calledAt === undefined ? 404 : 202).end();
      if (calledAt === undefined) {
        repeated += 1;
        return;
      }
      open.delete(token);
      const { objectData } = JSON.parse(Buffer.concat(parts).toString()) as Callback;
      const operations = objectData.map(({ activityData }) => activityData.operation);
      answers.push({ afterMs: performance.now() - calledAt, operations });
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const callbackUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/callback`;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  return {
    async call(type, ids) {
      const token = randomUUID();
      const body = JSON.stringify({
        token,
        batchid: randomUUID(),
        apiCallBackKey: 'key',
        campaignId: 1001,
        callbackUrl,
        context: { campaign: { id: 1001, name: 'Bench', type } },
        objectData: ids.map((id) => ({
          objectType: 'lead',
          objectContext: { id: Number(id) },
          flowStepContext: { syncAs: 'lead', assignTo: '' },
        })),
      });
      const startedAt = performance.now();
      open.set(token, startedAt);
      const status = await post(`${gatewayUrl}${PATH}`, body, agent);
      if (status !== 201) throw new Error(`The gateway answered ${status} to a call`);
      return performance.now() - startedAt;
    },
    async answered(patienceMs) {
      for (const until = Date.now() + patienceMs; open.size > 0; await sleep(50))
        if (Date.now() > until) throw new Error(`${open.size} calls have no answer`);
    },
    takeAnswers() {
      const taken = answers;
      answers = [];
      return taken;
    },
    repeated: () => repeated,
    async close() {
      agent.destroy();
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver.close(resolve));
    },
  };
}

interface Callback {
  readonly objectData: readonly { readonly activityData: { readonly operation: string } }[];
}

function post(url: string, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/json', 'x-api-key': GATEWAY_TOKEN } },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
