/** What a marketer and a salesperson do all day, each at their own vendor's API. */
import type { DynamicsUser } from '../people/dynamicsUser';
import type { MarketoUser } from '../people/marketoUser';
import type { Human } from './pairs';

/** Tells what was done, in one sentence. */
export type Deed = () => Promise<string>;

export interface Desks {
  readonly marketo: MarketoUser;
  readonly dynamics: DynamicsUser;
  /** Somebody whom both sides know. */
  readonly somebody: () => Human;
  /** A number that no other deed has. */
  readonly next: () => number;
}

const TITLES = ['Head of Operations', 'Buyer', 'Controller', 'Plant Manager', 'Chief of Staff', 'Analyst'];
const CITIES = ['Porto', 'Graz', 'Utrecht', 'Leeds', 'Tampere', 'Lyon'];
/** What the column holds in Dynamics; Marketo holds more. */
const LONGEST_TITLE = 100;

export interface Edits {
  readonly marketing: readonly Deed[];
  readonly sales: readonly Deed[];
  readonly both: readonly Deed[];
}

export function createEdits({ marketo, dynamics, somebody, next }: Desks): Edits {
  const inMarketo = ({ personId: id }: Human, values: object) =>
    marketo.ask('/rest/v1/leads.json', { action: 'updateOnly', lookupField: 'id', input: [{ id, ...values }] });
  const inDynamics = ({ table, microsoftId }: Human, values: object) =>
    dynamics.ask('PATCH', `${table}s(${microsoftId})`, values);
  const phone = (): string => `+44 113 496 ${String(next() % 10_000).padStart(4, '0')}`;
  const pick = (words: readonly string[]): string => words[next() % words.length] ?? '';

  return {
    marketing: [
      async () => {
        const human = somebody();
        await inMarketo(human, { phone: phone() });
        return `Marketing gave ${human.name} another phone number`;
      },
      async () => {
        const human = somebody();
        const city = pick(CITIES);
        await inMarketo(human, { city });
        return `Marketing moved ${human.name} to ${city}`;
      },
      async () => {
        const human = somebody();
        await inMarketo(human, { title: `${pick(TITLES)} ${'and so on '.repeat(LONGEST_TITLE / 10)}${next()}` });
        return `Marketing gave ${human.name} a title that is too long for Dynamics: it will be refused, and told on the person`;
      },
    ],
    sales: [
      async () => {
        const human = somebody();
        await inDynamics(human, { telephone1: phone() });
        return `Sales gave the ${human.table} ${human.name} another phone number`;
      },
      async () => {
        const human = somebody();
        const jobtitle = `${pick(TITLES)} ${next()}`;
        await inDynamics(human, { jobtitle });
        return `Sales made the ${human.table} ${human.name} ${jobtitle}`;
      },
      async () => {
        const number = next();
        const name = { firstname: 'Sally', lastname: `Sales ${number}` };
        await dynamics.ask('POST', 'contacts', { ...name, emailaddress1: `sally.${Date.now()}.${number}@example.com` });
        return `Sales added the contact Sally ${name.lastname}: the next cycle makes a person of it`;
      },
    ],
    both: [
      async () => {
        const human = somebody();
        await Promise.all([
          inMarketo(human, { title: `${pick(TITLES)} by marketing ${next()}` }),
          inDynamics(human, { jobtitle: `${pick(TITLES)} by sales ${next()}` }),
        ]);
        const winner = human.table === 'contact' ? 'Dynamics wins for contacts' : 'Marketo wins for leads';
        return `Marketing and sales both changed the title of ${human.name}: ${winner}`;
      },
      async () => {
        const human = somebody();
        await Promise.all([inMarketo(human, { city: pick(CITIES) }), inDynamics(human, { mobilephone: phone() })]);
        return `Marketing and sales changed different fields of ${human.name}: both stay`;
      },
    ],
  };
}
