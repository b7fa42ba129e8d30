/** A marketer at the local Marketo: adds people, installs the flow step, runs campaigns. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createMarketoUser } from '../people/marketoUser';

export interface Person {
  readonly id: number;
  readonly name: string;
}

export interface Choice {
  readonly displayValue: { readonly en_US: string };
  readonly submittedValue: string;
}

export interface PersonResult {
  readonly leadId: number;
  readonly success: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface Marketing {
  /** Adds people that Dynamics does not know. */
  addPeople(names: readonly string[]): Promise<readonly Person[]>;
  /** Installs the step unless it is installed, and answers whom new rows may be assigned to. */
  install(openApiUrl: string, apiKey: string): Promise<readonly Choice[]>;
  /** Calls a webhook for each person; answers what came back, as text. */
  callWebhook(url: string, token: string, people: readonly Person[]): Promise<readonly string[]>;
  /** Sends people through the step and answers the id of the campaign's run. */
  startCampaign(type: 'trigger' | 'batch', people: readonly Person[], choices: Readonly<Record<string, string>>): Promise<string>;
  /** Waits until the campaign may go on; rejects after `timeoutMs`, or when nobody waits any more. */
  resultsOf(run: string, wait: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<readonly PersonResult[]>;
}

const STEP = 'syncPersonToMicrosoft';
const ASK_EVERY_MS = 250;
const TEMPLATE = '{"leadId": {{lead.Id}}, "syncAs": "lead"}';

/** `url`: of the local Marketo. */
export function createMarketing(url: string): Marketing {
  const user = createMarketoUser(url);
  async function control<T>(method: 'GET' | 'POST', name: string, body?: object): Promise<T> {
    const answer = await fetch(`${url}/_sandbox/campaigns/${name}`, { method, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`The local Marketo refused ${name}: ${text}`);
    return JSON.parse(text) as T;
  }

  return {
    async addPeople(names) {
      const input = names.map((name, index) => {
        const [firstName = name, lastName = name] = name.split(' ');
        return { firstName, lastName, email: `${firstName}.${lastName}.${Date.now()}.${index}@example.com`.toLowerCase() };
      });
      const result = await user.ask<{ id: number }>('/rest/v1/leads.json', { action: 'createOnly', lookupField: 'email', input });
      return names.map((name, index) => ({ name, id: result[index]?.id ?? Number.NaN }));
    },
    async install(openApiUrl, apiKey) {
      const { services } = await control<Installed>('GET', 'flow-step');
      const known = services.find(({ apiName }) => apiName === STEP);
      const { picklists } = known ?? (await control<Service>('POST', 'flow-step/install', { url: openApiUrl, apiKey }));
      return picklists['assignTo'] ?? [];
    },
    async callWebhook(webhookUrl, token, people) {
      const { calls } = await control<{ calls: { response: string }[] }>('POST', 'webhook', {
        url: webhookUrl,
        headers: { Authorization: `Bearer ${token}` },
        template: TEMPLATE,
        leadIds: people.map(({ id }) => id),
        name: 'Sync Person to Microsoft',
      });
      return calls.map(({ response }) => response);
    },
    async startCampaign(type, people, choices) {
      const leadIds = people.map(({ id }) => id);
      const { run } = await control<{ run: string }>('POST', 'flow-step/run', { service: STEP, type, leadIds, flow: choices });
      return run;
    },
    async resultsOf(run, { timeoutMs, signal }) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const { runs } = await control<Installed>('GET', 'flow-step');
        const found = runs.find(({ id }) => id === run);
        if (found?.state === 'done') return found.results;
        if (Date.now() > deadline) throw new Error(`The campaign has no answer after ${timeoutMs / 1_000} s.`);
        await sleep(ASK_EVERY_MS, undefined, signal && { signal });
      }
    },
  };
}

interface Service {
  readonly apiName: string;
  readonly picklists: Readonly<Record<string, readonly Choice[]>>;
}

interface Installed {
  readonly services: readonly Service[];
  readonly runs: readonly { readonly id: string; readonly state: string; readonly results: readonly PersonResult[] }[];
}
