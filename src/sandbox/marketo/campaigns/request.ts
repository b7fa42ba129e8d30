/** Request Campaign: sends people through a campaign that waits to be asked for. */
import { TYPE } from '../activity/log';
import { type Call, idSegment, inputRecords, isRecord, jsonBody } from '../http/call';
import { type Envelope, MarketoError, missing, quote } from '../http/envelope';
import type { Instance } from '../instance';
import type { Campaign } from './store';
import { runWebhookCampaign } from './webhook';

const MAX_LEADS = 100;
const MY_TOKEN = /^\{\{my\.([^{}]+)\}\}$/;

type Tokens = Readonly<Record<string, string>>;

/** All people or none. The answer does not wait for the campaign. Throws 1002, 1003, 1004, 1013. */
export function requestCampaign(call: Call, instance: Instance): Envelope {
  const campaign = requestable(instance, idSegment(call));
  const { input } = jsonBody(call);
  if (!isRecord(input)) throw missing('input');
  if (!Array.isArray(input['leads']) || input['leads'].length === 0) throw missing('leads');
  const leadIds = [...new Set(inputRecords({ input: input['leads'] }, MAX_LEADS).map(({ id }) => existing(instance, id)))];
  const tokens = readTokens(input['tokens']);
  for (const lead of leadIds) {
    instance.log.append({
      type: TYPE.requestCampaign,
      lead,
      primaryId: campaign.id,
      primary: campaign.name,
      attributes: { Source: 'Web service API' },
    });
  }
  void run(instance, campaign, leadIds, tokens);
  return { result: [{ id: campaign.id }] };
}

function requestable(instance: Instance, id: number): Campaign {
  const campaign = instance.campaigns.get(id);
  if (campaign === undefined) throw new MarketoError('1013', `Campaign '${id}' not found`);
  const refuse = (because: string): MarketoError => new MarketoError('1003', `Invalid data: campaign '${id}' ${because}`);
  if (campaign.type === 'batch') throw refuse('is a batch campaign');
  if (!campaign.isRequestable) throw refuse("has no trigger 'Campaign is Requested' with source 'Web Service API'");
  if (!campaign.active) throw refuse('is not active');
  return campaign;
}

function existing(instance: Instance, id: unknown): number {
  const lead = instance.leads.get(Number(id));
  if (lead === undefined) throw new MarketoError('1004', `Lead '${quote(id)}' not found`);
  return lead.id;
}

/** By name without braces. There are no programs: any name is taken for one of the campaign's program. Throws 1003. */
function readTokens(given: unknown): Tokens {
  if (given === undefined || given === null) return {};
  const refuse = (): never => {
    throw new MarketoError('1003', 'Invalid data: tokens are [{"name": "{{my.name}}", "value": "text"}]');
  };
  if (!Array.isArray(given)) return refuse();
  const pairs = given.map((token: unknown): readonly [string, string] => {
    if (!isRecord(token)) return refuse();
    const [, name] = MY_TOKEN.exec(quote(token['name'])) ?? [];
    const { value } = token;
    return name === undefined || typeof value !== 'string' ? refuse() : [name, value];
  });
  return Object.fromEntries(pairs);
}

async function run(instance: Instance, campaign: Campaign, leadIds: number[], tokens: Tokens): Promise<void> {
  const { id: campaignId, name, webhook } = campaign;
  if (webhook === undefined) return;
  await runWebhookCampaign(instance, { ...webhook, name, campaignId, leadIds, tokens: { ...webhook.tokens, ...tokens } });
  instance.journal.commit();
}
