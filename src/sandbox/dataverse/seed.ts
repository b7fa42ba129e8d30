/** Data to begin with: contacts and leads that are, mostly, the same humans as Marketo's people. */
import { z } from 'zod';
import { ControlError } from '../control';
import { knownTo, type SeedPerson } from '../seedPeople';
import { metadataIdOf, type Table } from './metadata/model';
import { type Instance, stampOf, tableNamed } from './instance';
import type { Values } from './store';
import { createRow } from './rows/write';

const MOST = 1_000_000;
const count = z.number().int().min(0).max(MOST).default(0);
const wish = z.strictObject({
  contacts: count,
  leads: count,
  /** Where in the row of humans the contacts begin; the leads follow them. */
  offset: count,
});

const ACCOUNTS = ['Alpine Software', 'Cedar Foods', 'Harbor Logistics'];
/** Commits in slices: one journal line for everything would be too long. */
const SLICE = 2_000;

export function seedInstance(instance: Instance, body: Record<string, unknown>, commit: () => void): object {
  const read = wish.safeParse(body);
  if (!read.success) throw new ControlError('Say {"contacts": n, "leads": n}, and {"offset": k} to begin at another human.');
  const { contacts, leads, offset } = read.data;
  const account = tableNamed('account');
  for (const [index, name] of ACCOUNTS.entries()) {
    const id = metadataIdOf(`account ${name}`);
    if (instance.rows.row(account, id) === undefined)
      createRow(instance, account, { accountid: id, name, accountnumber: `A-${index + 1}` });
  }
  const added = {
    contacts: seedTable(instance, tableNamed('contact'), offset, contacts, commit),
    leads: seedTable(instance, tableNamed('lead'), offset + contacts, leads, commit),
  };
  return { accounts: ACCOUNTS.length, ...added };
}

function seedTable(instance: Instance, table: Table, first: number, number: number, commit: () => void): number {
  const base = defaultsOf(instance, table);
  for (let i = first; i < first + number; i += 1) {
    const values = {
      ...base,
      ...(table.name === 'contact' ? contactOf(knownTo('dataverse', i)) : leadOf(knownTo('dataverse', i))),
    };
    instance.rows.put(table, metadataIdOf(`${table.name} ${i}`), withoutBlanks(values));
    if (i % SLICE === 0) commit();
  }
  return number;
}

/** A row made through the front door shows what the others need, so that 200,000 of them need not go through it. */
function defaultsOf(instance: Instance, table: Table): Values {
  const row = createRow(instance, table, {});
  instance.rows.remove(table, row.id, stampOf(instance.clock));
  return row.values;
}

const withoutBlanks = (values: Record<string, string | number | boolean | null | undefined>): Values =>
  Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, string | number | boolean] => entry[1] !== null && entry[1] !== undefined,
    ),
  );

function personOf(human: SeedPerson) {
  return {
    salutation: human.salutation,
    firstname: human.firstName,
    lastname: human.lastName,
    fullname: `${human.firstName} ${human.lastName}`,
    emailaddress1: human.email,
    jobtitle: human.jobTitle,
    telephone1: human.phone,
    mobilephone: human.mobilePhone,
    fax: human.fax,
    address1_line1: human.street,
    address1_city: human.city,
    address1_stateorprovince: human.state,
    address1_postalcode: human.postalCode,
    address1_country: human.country,
    donotphone: human.doNotCall,
    donotbulkemail: human.unsubscribed,
  };
}

function contactOf(human: SeedPerson) {
  return { ...personOf(human), department: human.department, birthdate: human.birthDate };
}

/** Lead sources as Dynamics numbers them. */
const SOURCES: Readonly<Record<string, number>> = {
  Advertisement: 1,
  'Employee Referral': 2,
  'External Referral': 3,
  Partner: 4,
  'Public Relations': 5,
  Seminar: 6,
  'Trade Show': 7,
  Web: 8,
  'Word of Mouth': 9,
  Other: 10,
};

function leadOf(human: SeedPerson) {
  return {
    ...personOf(human),
    subject: `${human.company.name}: first talk`,
    companyname: human.company.name,
    websiteurl: human.company.website,
    numberofemployees: human.company.employees,
    revenue: human.company.annualRevenue,
    leadsourcecode: human.leadSource === undefined ? undefined : SOURCES[human.leadSource],
  };
}
