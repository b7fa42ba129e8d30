/** Fills an organisation with rows that have been there for a while: accounts, contacts, leads. */
import { z } from 'zod';
import { ControlError } from '../control';
import { knownTo, type SeedPerson } from '../seedPeople';
import { CURRENCY_ID, USERS } from './directory';
import { guidOf } from './metadata/ids';
import type { Table } from './metadata/model';
import type { Organization } from './organization';
import type { Value } from './rows/row';
import { stateAfter } from './rows/state';
import { ofDate } from './rows/time';

const count = z.int().min(0).max(1_000_000).default(0);
/** `offset`: the number of the first human, so that some exist on one side only. Leads follow after the contacts. */
const seedBody = z.strictObject({ contacts: count, leads: count, offset: count });

const ACCOUNTS = ['Alpine Software', 'Cedar Foods', 'Harbor Logistics', 'Juniper Energy'];
/** Human `i` became a row this long after the first one. */
const MINUTES_BETWEEN = 2;
const FIRST_CREATED = Date.UTC(2024, 0, 2, 9);
/** A journal line for all of them would be too long to hold in memory. */
const ROWS_PER_LINE = 2000;

export function seedOrganization(organization: Organization, body: Record<string, unknown>): object {
  const parsed = seedBody.safeParse(body);
  if (!parsed.success) throw new ControlError(z.prettifyError(parsed.error));
  const { contacts, leads, offset } = parsed.data;
  seedAccounts(organization);
  seedPeople(organization, 'contact', offset, contacts);
  seedPeople(organization, 'lead', offset + contacts, leads);
  return { accounts: ACCOUNTS.length, contacts, leads, offset };
}

function seedAccounts(organization: Organization): void {
  for (const [i, name] of ACCOUNTS.entries()) {
    const id = guidOf('account', name);
    if (organization.rows('account').get(id) !== undefined) continue;
    put(organization, 'account', id, FIRST_CREATED, { name, accountnumber: `A-${i + 1}` });
  }
}

function seedPeople(organization: Organization, table: 'contact' | 'lead', first: number, number: number): void {
  for (let i = first; i < first + number; i++) {
    const person = knownTo('dataverse', i);
    const values = table === 'contact' ? contactOf(person) : leadOf(person);
    put(organization, table, guidOf(table, String(i)), FIRST_CREATED + i * MINUTES_BETWEEN * 60_000, values);
    if (i % ROWS_PER_LINE === 0) organization.journal.commit();
  }
}

/** Past the checks of the front door, which 200,000 rows that are known to be good need not go through. */
function put(
  organization: Organization,
  table: string,
  id: string,
  atMs: number,
  values: Record<string, Value | undefined>,
): void {
  const owner = { table: 'systemuser', id: USERS[1]?.id ?? '' };
  const at = ofDate(new Date(atMs));
  const all: Record<string, Value> = { ...baseOf(organization.model.table(table)) };
  for (const [column, value] of Object.entries(values)) if (value !== undefined) all[column] = value;
  Object.assign(all, { ownerid: owner, createdon: at, modifiedon: at, createdby: owner, modifiedby: owner });
  organization.rows(table).put({ id, version: organization.nextVersion(), values: all });
}

const bases = new Map<string, Record<string, Value>>();

/** What a new row has that says nothing. */
function baseOf(table: Table): Record<string, Value> {
  let base = bases.get(table.name);
  if (base === undefined) {
    base = { ...stateAfter(table, new Map(), undefined) };
    for (const { name, defaultValue } of table.columns.values()) {
      if (defaultValue !== undefined) base[name] = defaultValue;
    }
    bases.set(table.name, base);
  }
  return base;
}

function personOf(person: SeedPerson): Record<string, Value | undefined> {
  return {
    salutation: person.salutation,
    firstname: person.firstName,
    lastname: person.lastName,
    emailaddress1: person.email,
    jobtitle: person.jobTitle,
    telephone1: person.phone,
    mobilephone: person.mobilePhone,
    fax: person.fax,
    address1_line1: person.street,
    address1_city: person.city,
    address1_stateorprovince: person.state,
    address1_postalcode: person.postalCode,
    address1_country: person.country,
    donotphone: person.doNotCall,
    donotbulkemail: person.unsubscribed,
  };
}

const contactOf = (person: SeedPerson): Record<string, Value | undefined> => ({
  ...personOf(person),
  department: person.department,
  birthdate: person.birthDate,
});

/** Lead sources as Dataverse numbers them. */
const SOURCES: Readonly<Record<string, number>> = {
  Advertisement: 1,
  'Employee Referral': 2,
  Partner: 4,
  'Trade Show': 7,
  Web: 8,
  'Word of Mouth': 9,
};

const leadOf = (person: SeedPerson): Record<string, Value | undefined> => ({
  ...personOf(person),
  subject: `${person.company.name}: first talk`,
  companyname: person.company.name,
  websiteurl: person.company.website,
  numberofemployees: person.company.employees,
  revenue: person.company.annualRevenue,
  transactioncurrencyid: { table: 'transactioncurrency', id: CURRENCY_ID },
  leadsourcecode: person.leadSource === undefined ? undefined : SOURCES[person.leadSource],
});
