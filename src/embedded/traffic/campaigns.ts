/** Campaigns that ask for people to be created in Dynamics: by the flow step, one by one and in batches, and by the webhook. */
import { FLOW_STEP_DOCUMENT_PATH, WEBHOOK_PATH } from '../../gateway/schemas';
import type { Marketing, PersonResult } from '../demo/marketing';
import type { Deed } from './edits';

export interface CampaignSurroundings {
  readonly marketing: Marketing;
  readonly gatewayUrl: string;
  readonly token: string;
  readonly next: () => number;
  /** Nobody waits for answers any more. */
  readonly signal: AbortSignal;
}

const FIRST_NAMES = ['Wanda', 'Tom', 'Bea', 'Nora', 'Emil', 'Ida'];
const BATCH = 5;
const TRIGGER_WAIT_MS = 60_000;
/** Batches wait for the cycle. */
const BATCH_WAIT_MS = 15 * 60_000;

export function createCampaigns({ marketing, gatewayUrl, token, next, signal }: CampaignSurroundings): readonly Deed[] {
  const newPeople = (count: number) =>
    marketing.addPeople(Array.from({ length: count }, () => `${FIRST_NAMES[next() % FIRST_NAMES.length]} Campaign-${next()}`));
  const installed = async () => marketing.install(`${gatewayUrl}${FLOW_STEP_DOCUMENT_PATH}`, token);

  return [
    async () => {
      const owners = await installed();
      const [person] = await newPeople(1);
      const assignTo = owners[next() % owners.length]?.submittedValue ?? '';
      const run = await marketing.startCampaign('trigger', person ? [person] : [], { syncAs: 'contact', assignTo });
      const results = await marketing.resultsOf(run, { timeoutMs: TRIGGER_WAIT_MS, signal });
      return `A trigger campaign asked for ${person?.name} as a contact: ${outcomes(results)}`;
    },
    async () => {
      await installed();
      const people = await newPeople(BATCH);
      const run = await marketing.startCampaign('batch', people, { syncAs: 'lead' });
      const results = await marketing.resultsOf(run, { timeoutMs: BATCH_WAIT_MS, signal });
      return `A batch campaign asked for ${people.length} people as leads: ${outcomes(results)}`;
    },
    async () => {
      const people = await newPeople(1);
      const [answer = ''] = await marketing.callWebhook(`${gatewayUrl}${WEBHOOK_PATH}`, token, people);
      const { status = answer } = JSON.parse(answer || '{}') as { status?: string };
      return `A campaign's webhook asked for ${people[0]?.name} as a lead: ${status}`;
    },
  ];
}

/** `5 created` */
function outcomes(results: readonly PersonResult[]): string {
  const words = results.map(({ attributes }) => String(attributes['operation']));
  return [...new Set(words)].map((word) => `${words.filter((one) => one === word).length} ${word}`).join(', ');
}
