/** Fills an instance with people that have been there for a while. */
import { z } from 'zod';
import { ControlError } from '../control';
import { knownTo, type SeedPerson } from '../seedPeople';
import type { Instance } from './instance';
import { DEFAULT_PARTITION_ID, logNewLead } from './leads/change';
import type { Value } from './schema/values';

/** `offset`: the number of the first human, so that some exist on one side only. */
const seedBody = z.strictObject({ people: z.int().min(0).max(1_000_000), offset: z.int().min(0).default(0) });

/** Human `i` became a person this long after the first one. */
const MINUTES_BETWEEN = 2;
const FIRST_CREATED = Date.UTC(2024, 0, 1, 8);
/** A journal line for all of them would be too long to hold in memory. */
const PEOPLE_PER_LINE = 2000;

export function seedInstance(instance: Instance, body: Record<string, unknown>): object {
  const parsed = seedBody.safeParse(body);
  if (!parsed.success) throw new ControlError(z.prettifyError(parsed.error));
  const { people, offset } = parsed.data;
  for (let i = offset; i < offset + people; i++) {
    addPerson(instance, i);
    if (i % PEOPLE_PER_LINE === 0) instance.journal.commit();
  }
  return { people, offset };
}

function addPerson(instance: Instance, i: number): void {
  const createdAt = FIRST_CREATED + i * MINUTES_BETWEEN * 60_000;
  const lead = {
    id: instance.leads.nextId(),
    createdAt,
    updatedAt: createdAt,
    changedAt: createdAt,
    partitionId: DEFAULT_PARTITION_ID,
    values: valuesOf(knownTo('marketo', i), i),
  };
  instance.leads.put(lead);
  logNewLead(instance, lead, {});
}

function valuesOf(person: SeedPerson, i: number): Record<string, Value> {
  const { company } = person;
  const values: Record<string, Value | undefined> = {
    salutation: person.salutation,
    firstName: person.firstName,
    lastName: person.lastName,
    email: person.email,
    title: person.jobTitle,
    department: person.department,
    phone: person.phone,
    mobilePhone: person.mobilePhone,
    fax: person.fax,
    address: person.street,
    city: person.city,
    state: person.state,
    postalCode: person.postalCode,
    country: person.country,
    dateOfBirth: person.birthDate,
    leadSource: person.leadSource,
    leadScore: (i * 7) % 100,
    doNotCall: person.doNotCall,
    unsubscribed: person.unsubscribed,
    company: company.name,
    website: company.website,
    mainPhone: company.phone,
    industry: company.industry,
    numberOfEmployees: company.employees,
    annualRevenue: company.annualRevenue,
  };
  const known = Object.entries(values).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  return Object.fromEntries(known);
}
