/** `npm run demo:campaign`: what a marketer sees of "Sync Person to Microsoft". Needs a running `npm start`. */
import { sandboxedSides, sandboxUrls } from '../config/embeddedEnv';
import { type Settings, settingsOfThisProcess } from '../config/env';
import { FLOW_STEP_DOCUMENT_PATH, WEBHOOK_PATH } from '../gateway/schemas';
import { createMarketing, type Person, type PersonResult } from './demo/marketing';
import { askHealth } from './firstCycle';
import { ourUrl } from './house';
import { createProgress } from './progress';
import { tokenOf } from './tokens';

const TRIGGER_TIMEOUT_MS = 60_000;
const BATCH_TIMEOUT_MS = 15 * 60_000;

async function main(): Promise<void> {
  const settings = settingsOfThisProcess();
  const gateway = ourUrl(settings.ports.gateway);
  await requireRunning(settings, gateway);
  const token = tokenOf(settings, 'gateway');
  const marketing = createMarketing(sandboxUrls(settings).marketo);
  const progress = createProgress(process.stdout);

  const people = await marketing.addPeople(['Wanda Webhook', 'Tom Trigger', 'Bea Batch', 'Ben Batch', 'Nora Nobody']);
  const [wanda, tom, bea, ben, nora] = people as [Person, Person, Person, Person, Person];
  progress.step(`Added ${people.length} people to Marketo: ${people.map(({ name }) => name).join(', ')}`);

  const [answer = ''] = await marketing.callWebhook(`${gateway}${WEBHOOK_PATH}`, token, [wanda]);
  progress.step(`A webhook in a trigger campaign, for ${wanda.name}: ${answer}`);

  const owners = await marketing.install(`${gateway}${FLOW_STEP_DOCUMENT_PATH}`, token);
  progress.step(`The flow step is installed; new rows may be assigned to ${owners.length} Dynamics users`);

  progress.waiting(`A trigger campaign sends ${tom.name}`);
  const owner = owners[0]?.submittedValue ?? '';
  const trigger = await marketing.startCampaign('trigger', [tom], { syncAs: 'contact', assignTo: owner });
  const created = await marketing.resultsOf(trigger, { timeoutMs: TRIGGER_TIMEOUT_MS });
  progress.step('A trigger campaign with the flow step, as a contact:');
  progress.print(table(created, people));

  progress.waiting('A batch campaign waits for the next cycle');
  const batch = await marketing.startCampaign('batch', [bea, ben, wanda], { syncAs: 'lead' });
  const refused = await marketing.startCampaign('batch', [nora], { syncAs: 'lead', assignTo: 'nobody@example.com' });
  await triggerCycle(gateway, tokenOf(settings, 'operator'));
  const results = [
    ...(await marketing.resultsOf(batch, { timeoutMs: BATCH_TIMEOUT_MS })),
    ...(await marketing.resultsOf(refused, { timeoutMs: BATCH_TIMEOUT_MS })),
  ];
  progress.step(
    'A batch campaign with the flow step, for two new people and one that is in Dynamics; and one with an owner nobody knows:',
  );
  progress.print(table(results, people));
  progress.print(
    `\nEach person has an activity with this outcome. Each of these creations was a run of its own: create/<id> in Temporal, ${ourUrl(settings.ports.temporalUi)}\n`,
  );
}

async function requireRunning(settings: Settings, gateway: string): Promise<void> {
  if (!sandboxedSides(settings).includes('marketo'))
    throw new Error('The demonstration adds people to Marketo, so it runs with the local one only: unset MARKETO_BASE_URL.');
  const health = await askHealth(gateway).catch(() => undefined);
  if (health === undefined) throw new Error(`Nothing answers at ${gateway}. Run \`npm start\` in another terminal first.`);
  if (health.status !== 'ready') throw new Error(`\`npm start\` is not ready yet (${health.status}). Try again in a moment.`);
}

/** Now instead of within five minutes. */
async function triggerCycle(gateway: string, token: string): Promise<void> {
  const response = await fetch(`${gateway}/operator/cycle`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`The gateway answered ${response.status} when it was asked for a cycle.`);
}

function table(results: readonly PersonResult[], people: readonly Person[]): string {
  const rows = results.map(({ leadId, success, attributes }) => [
    people.find(({ id }) => id === leadId)?.name ?? String(leadId),
    success ? 'yes' : 'no',
    ...['operation', 'microsoftType', 'microsoftId', 'reason'].map((name) => textOf(attributes[name])),
  ]);
  const all = [['person', 'success', 'operation', 'type', 'microsoft id', 'reason'], ...rows];
  const widths = all[0]?.map((_head, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map(
      (row) =>
        `            ${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}`,
    )
    .join('\n');
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
