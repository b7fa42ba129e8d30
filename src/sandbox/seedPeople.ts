/**
 * The humans both sandboxes are seeded with: number `i` is the same human everywhere, so that the sides hold twins.
 * All names are combinations of common ones, all addresses are under `example.com`, all phone numbers are of the 555-01xx kind.
 */
import { seededRandom } from './random';

/** One human, as all the world knows them. A side may know less, see `knownTo`. */
export interface SeedPerson {
  readonly firstName: string;
  readonly lastName: string;
  /** Absent for one in forty; unique otherwise. */
  readonly email?: string | undefined;
  readonly company: SeedCompany;
  readonly salutation?: string | undefined;
  readonly jobTitle?: string | undefined;
  readonly department?: string | undefined;
  readonly phone?: string | undefined;
  readonly mobilePhone?: string | undefined;
  readonly fax?: string | undefined;
  readonly street?: string | undefined;
  readonly city?: string | undefined;
  readonly state?: string | undefined;
  readonly postalCode?: string | undefined;
  readonly country?: string | undefined;
  /** `YYYY-MM-DD` */
  readonly birthDate?: string | undefined;
  readonly leadSource?: string | undefined;
  readonly doNotCall: boolean;
  readonly unsubscribed: boolean;
}

export interface SeedCompany {
  readonly name: string;
  readonly website: string;
  readonly industry: string;
  readonly employees: number;
  readonly annualRevenue: number;
  readonly phone: string;
}

const FIRST =
  'Anna Ben Carla David Elena Felix Grace Henry Ines Jonas Karin Liam Maria Noah Olivia Paul Rosa Simon Tara Victor Wendy Yusuf Zoe Amir Björn Chloé Dmitri Fatima Hanako José Lucía Marek Nadia Priya Renée Søren'.split(
    ' ',
  );
const LAST =
  "Adams Becker Carter Dubois Evans Fischer Garcia Hansen Ivanova Jensen Keller Lopez Martin Nguyen O'Brien Petrov Quinn Rossi Schmidt Tanaka Ueda Vega Weber Young Zimmermann Ahmed Brown Costa Díaz Eriksson Müller Novák Okafor Patel Silva Wójcik".split(
    ' ',
  );
const COMPANY =
  'Alpine Bluewater Cedar Delta Evergreen Fairview Granite Harbor Ivory Juniper Keystone Lakeside Meridian Northgate'.split(' ');
const TRADE = ['Logistics', 'Software', 'Foods', 'Textiles', 'Instruments', 'Consulting', 'Energy', 'Pharma', 'Foundry', 'Media'];
/** Names that Dynamics' own list of industries has, so that the sides understand each other. */
const INDUSTRY = [
  'Accounting',
  'Consulting',
  'Financial',
  'Insurance',
  'Legal Services',
  'Business Services',
  'Durable Manufacturing',
  'Wholesale',
];
const TITLE = ['Buyer', 'Marketing Manager', 'Head of Sales', 'Engineer', 'Managing Director', 'Controller', 'Assistant', 'CIO'];
const DEPARTMENT = ['Purchasing', 'Marketing', 'Sales', 'Engineering', 'Finance', 'IT'];
const SOURCE = ['Web', 'Trade Show', 'Employee Referral', 'Advertisement', 'Partner', 'Word of Mouth'];
const STREET = ['Main Street', 'Oak Avenue', 'Station Road', 'High Street', 'Park Lane', 'Mill Road', 'River Drive'];
const PLACE = [
  { city: 'Springfield', state: 'IL', postalCode: '627', country: 'United States' },
  { city: 'Portland', state: 'OR', postalCode: '972', country: 'United States' },
  { city: 'Austin', state: 'TX', postalCode: '787', country: 'United States' },
  { city: 'Toronto', state: 'ON', postalCode: 'M5V', country: 'Canada' },
  { city: 'Leeds', state: 'West Yorkshire', postalCode: 'LS1', country: 'United Kingdom' },
  { city: 'München', state: 'Bayern', postalCode: '803', country: 'Germany' },
  { city: 'Lyon', state: 'Rhône', postalCode: '690', country: 'France' },
];
const COMPANIES = COMPANY.length * TRADE.length;
const MS_PER_DAY = 86_400_000;

/** Human number `i` (0, 1, 2, ...): the same on both sides, on every machine, in every run. */
export function seedPerson(i: number): SeedPerson {
  const random = seededRandom(i);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const maybe = <T>(share: number, make: () => T): T | undefined => {
    const made = make();
    return random() < share ? made : undefined;
  };
  const firstName = pick(FIRST);
  const lastName = pick(LAST);
  const company = seedCompany(Math.floor(random() * COMPANIES));
  const place = random() < 0.85 ? pick(PLACE) : undefined;
  return {
    firstName,
    lastName,
    company,
    email: maybe(0.975, () => `${plain(firstName)}.${plain(lastName)}.${i}@${new URL(company.website).hostname}`),
    salutation: maybe(0.6, () => pick(['Mr.', 'Ms.', 'Dr.'])),
    jobTitle: maybe(0.8, () => pick(TITLE)),
    department: maybe(0.4, () => pick(DEPARTMENT)),
    phone: maybe(0.8, () => phoneNumber(random)),
    mobilePhone: maybe(0.5, () => phoneNumber(random)),
    fax: maybe(0.1, () => phoneNumber(random)),
    street: place && `${1 + Math.floor(random() * 240)} ${pick(STREET)}`,
    city: place?.city,
    state: place?.state,
    postalCode: place && `${place.postalCode}${10 + Math.floor(random() * 90)}`,
    country: place?.country,
    birthDate: maybe(0.3, () =>
      new Date(Math.floor(random() * 40 * 365) * MS_PER_DAY - 10 * 365 * MS_PER_DAY).toISOString().slice(0, 10),
    ),
    leadSource: maybe(0.7, () => pick(SOURCE)),
    doNotCall: random() < 0.05,
    unsubscribed: random() < 0.06,
  };
}

/** What one side has on file: it lacks a few things that the other may know, never name or e-mail. */
export function knownTo(side: 'marketo' | 'dataverse', i: number): SeedPerson {
  const random = seededRandom(i ^ (side === 'marketo' ? 0x5eed0001 : 0x5eed0002));
  const unless = <T>(share: number, value: T): T | undefined => (random() < share ? undefined : value);
  const human = seedPerson(i);
  return {
    ...human,
    jobTitle: unless(0.05, human.jobTitle),
    phone: unless(0.05, human.phone),
    mobilePhone: unless(0.1, human.mobilePhone),
    birthDate: unless(0.1, human.birthDate),
    leadSource: unless(0.1, human.leadSource),
  };
}

function seedCompany(index: number): SeedCompany {
  const random = seededRandom(0xc0 + index);
  const name = COMPANY[index % COMPANY.length] as string;
  const trade = TRADE[Math.floor(index / COMPANY.length)] as string;
  const employees = Math.ceil(10 ** (1 + random() * 3));
  return {
    name: `${name} ${trade}`,
    website: `https://${name.toLowerCase()}-${trade.toLowerCase()}.example.com`,
    industry: INDUSTRY[index % INDUSTRY.length] as string,
    employees,
    annualRevenue: employees * 10_000 * Math.ceil(random() * 20),
    phone: phoneNumber(random),
  };
}

/** Numbers of this form are set aside for fiction. */
function phoneNumber(random: () => number): string {
  const two = (): string => String(Math.floor(random() * 100)).padStart(2, '0');
  return `+1 2${two()} 555 01${two()}`;
}

/** A name as mail addresses spell it: ASCII letters only, as Marketo wants addresses. */
function plain(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll('ø', 'o')
    .replaceAll(/[^A-Za-z]/g, '')
    .toLowerCase();
}
