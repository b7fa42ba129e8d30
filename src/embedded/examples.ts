/** Three commands to copy and paste that show the product at work on the seeded humans. */
import { sandboxUrls } from '../config/embeddedEnv';
import type { Settings } from '../config/env';
import { seedPerson } from '../sandbox/seedPeople';
import { WEBHOOK_PATH } from '../gateway/schemas';
import { FIRST_IN_DYNAMICS } from './seed';

export interface Example {
  readonly title: string;
  readonly command: string;
}

export interface ExampleSurroundings {
  readonly settings: Settings;
  /** What a shell puts in the place of the token. */
  readonly gatewayToken: string;
  /** How the CLI is called from where the person stands, settings included. */
  readonly cli: string;
}

/** Takes the token out of a token answer, with what every shell has. */
const TOKEN = `sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'`;

interface Human {
  readonly personId: string;
  /** Of the contact, or `null` while there is none. */
  readonly microsoftId: string | null;
}

/** Empty when the humans of the seed are not there any more. */
export async function makeExamples({ settings, gatewayToken, cli }: ExampleSurroundings): Promise<readonly Example[]> {
  const { marketo, dynamics } = sandboxUrls(settings);
  const [[edited, collided], [unknown]] = await Promise.all([
    findHumans(marketo, FIRST_IN_DYNAMICS, (human) => human.microsoftId !== null),
    findHumans(marketo, 0, (human) => human.microsoftId === null),
  ]);
  if (!edited || !collided || !unknown) return [];

  const marketer = `MARKETER=$(curl -s '${marketoTokenUrl(marketo)}' | ${TOKEN})`;
  const grant = `-d grant_type=client_credentials -d client_id=sales-app -d client_secret=sales-secret -d scope=${dynamics}/.default`;
  const seller = `SELLER=$(curl -s ${dynamics}/sandbox/oauth2/v2.0/token ${grant} | ${TOKEN})`;
  const change = (id: string, values: object): string =>
    `curl -s ${marketo}/rest/v1/leads.json ${bearer('$MARKETER')} ${jsonBody({ action: 'updateOnly', lookupField: 'id', input: [{ id: Number(id), ...values }] })}`;
  return [
    {
      title: 'A marketer changes a phone number; Dynamics has it seconds later (without the last line: within five minutes)',
      command: chain(
        marketer,
        change(edited.personId, { phone: `+1 206 555 01${now('%S')}` }),
        `${cli} retry ${edited.personId}`,
      ),
    },
    {
      title: 'Both sides change the same title: Dynamics wins for contacts, and the decision is kept',
      command: chain(
        marketer,
        change(collided.personId, { title: `Title by marketing, ${now('%T')}` }),
        seller,
        `curl -s -X PATCH '${dynamics}/api/data/v9.2/contacts(${collided.microsoftId})' ${bearer('$SELLER')} ${jsonBody({ jobtitle: `Title by sales, ${now('%T')}` })}`,
        `${cli} retry ${collided.personId}`,
        `${cli} explain ${collided.personId}`,
      ),
    },
    {
      title: 'A campaign asks for a person to be created in Dynamics, now',
      command: `curl -s http://127.0.0.1:${settings.ports.gateway}${WEBHOOK_PATH} ${bearer(gatewayToken)} ${jsonBody({ leadId: Number(unknown.personId), syncAs: 'contact' })}`,
    },
  ];
}

const bearer = (token: string): string => `-H "Authorization: Bearer ${token}"`;
const jsonBody = (body: object): string => `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
/** The time a command runs, inside a body in single quotes: pasted again, it is a change again. */
const now = (format: string): string => `'$(date +${format})'`;
const chain = (...commands: string[]): string => commands.join(' \\\n  && ');

function marketoTokenUrl(marketo: string): string {
  return `${marketo}/identity/oauth/token?grant_type=client_credentials&client_id=marketing-client&client_secret=marketing-secret`;
}

/** The first people from human number `from` on that fit, as Marketo knows them now. */
async function findHumans(marketo: string, from: number, fits: (human: Human) => boolean): Promise<readonly Human[]> {
  const emails = Array.from({ length: 20 }, (_, i) => seedPerson(from + i).email).filter((email) => email !== undefined);
  const { access_token: token } = (await (await fetch(marketoTokenUrl(marketo))).json()) as { access_token: string };
  const query = new URLSearchParams({
    filterType: 'email',
    filterValues: emails.join(','),
    fields: 'id,microsoftId',
  });
  const response = await fetch(`${marketo}/rest/v1/leads.json?${query.toString()}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { result = [] } = (await response.json()) as { result?: { id: number; microsoftId: string | null }[] };
  return result.map(({ id, microsoftId }): Human => ({ personId: String(id), microsoftId })).filter(fits);
}
