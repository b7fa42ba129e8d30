/** The built-in mapping, row by row: it is the field map of Marketo's own connector, as Adobe's "Default Dynamics Field Mapping" lists it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACTIVITY_TYPES } from '../../../src/activities/activityTypes';
import { loadMapping } from '../../../src/config/mapping';
import { compilePlan, wantedFields } from '../../../src/core/mapping';
import type { Direction, MappedField, SideSchema, Table, TablePlan } from '../../../src/core/types';
import { createTokenSource } from '../../../src/dataverse/auth';
import { createDataverse } from '../../../src/dataverse/client';
import { createMarketo } from '../../../src/marketo/client';
import { createHttpClient } from '../../../src/remote/http';
import { createDataverseSandbox } from '../../../src/sandbox/dataverse';
import { createMarketoSandbox } from '../../../src/sandbox/marketo';
import { sendJson } from '../../support/vendors';
import { dynamicsInstance, marketoInstance } from '../core/instances';

const DEFAULT = loadMapping(undefined);

type Row = readonly [
  screen: string,
  column: string,
  tables: 'both' | Table,
  field: string,
  type: MappedField['type'],
  direction?: Direction,
];

/** Adobe's lists of lead fields and contact fields, in their order, with what our mapping makes of each. */
const NATIVE: readonly Row[] = [
  ['Microsoft Created Date', 'createdon', 'both', 'microsoftCreatedDate', 'datetime', 'toMarketo'],
  ['Salutation', 'salutation', 'both', 'salutation', 'string'],
  ['First', 'firstname', 'both', 'firstName', 'string'],
  ['Middle', 'middlename', 'both', 'middleName', 'string'],
  ['Last', 'lastname', 'both', 'lastName', 'string'],
  ['Email', 'emailaddress1', 'both', 'email', 'email'],
  ['Job Title', 'jobtitle', 'both', 'title', 'string'],
  ['Phone', 'telephone1', 'both', 'phone', 'phone'],
  ['Mobile', 'mobilephone', 'both', 'mobilePhone', 'phone'],
  ['Fax', 'fax', 'lead', 'fax', 'phone'],
  ['Address', 'address1_line1', 'both', 'address', 'string'],
  ['City', 'address1_city', 'both', 'city', 'string'],
  ['State', 'address1_stateorprovince', 'both', 'state', 'string'],
  ['Country', 'address1_country', 'both', 'country', 'string'],
  ['Postal Code', 'address1_postalcode', 'both', 'postalCode', 'string'],
  ['Person Source', 'leadsourcecode', 'lead', 'leadSource', 'picklist'],
  ['Person Status', 'statecode', 'both', 'leadStatus', 'picklist', 'toMarketo'],
  ['Status Reason', 'statuscode', 'both', 'microsoftStatusReason', 'picklist', 'toMarketo'],
  ['Person Notes', 'description', 'both', 'mktoPersonNotes', 'text'],
  ['Do Not Call', 'donotphone', 'both', 'doNotCall', 'boolean'],
  ['Unsubscribed', 'donotbulkemail', 'both', 'unsubscribed', 'boolean'],
  ['Person Rating', 'leadqualitycode', 'lead', 'rating', 'picklist'],
  ['Microsoft Address 2', 'address1_line2', 'both', 'microsoftAddress2', 'string'],
  ['Microsoft Address 3', 'address1_line3', 'both', 'microsoftAddress3', 'string'],
  ['Microsoft Do Not Email', 'donotemail', 'both', 'microsoftDoNotEmail', 'boolean'],
  ['Microsoft Do Not Fax', 'donotfax', 'both', 'microsoftDoNotFax', 'boolean'],
  ['Microsoft Do Not Send Marketing Material', 'donotsendmm', 'both', 'microsoftDoNotSendMarketingMaterial', 'boolean'],
  ['Microsoft Home Phone', 'telephone2', 'both', 'microsoftHomePhone', 'phone'],
  [
    'Microsoft Preferred Method Of Contact',
    'preferredcontactmethodcode',
    'both',
    'microsoftPreferredMethodOfContact',
    'picklist',
  ],
  ['Microsoft Topic', 'subject', 'lead', 'microsoftTopic', 'string'],
  ['Subject', 'subject', 'lead', 'subject', 'string', 'toMarketo'],
  ['Company', 'companyname', 'lead', 'company', 'string'],
  ['Annual Revenue', 'revenue', 'lead', 'annualRevenue', 'currency'],
  ['Relative Score', 'mkt_relativescore', 'both', 'relativeScore', 'integer', 'toDynamics'],
  ['Priority', 'mkt_priority', 'both', 'priority', 'integer', 'toDynamics'],
  ['Relative Urgency', 'mkt_urgency', 'both', 'relativeUrgency', 'integer', 'toDynamics'],
  ['Person Score', 'mkt_leadscore', 'contact', 'leadScore', 'integer', 'toDynamics'],
  [
    'Last interesting moment date',
    'mkt_lastinterestingmomentdate',
    'both',
    'msiLastInterestingMomentDate',
    'datetime',
    'toDynamics',
  ],
  [
    'Last Interesting moment desc',
    'mkt_lastinterestingmomentdesc',
    'both',
    'msiLastInterestingMomentDesc',
    'string',
    'toDynamics',
  ],
  [
    'Last Interesting moment source',
    'mkt_leadinterestingmomentsource',
    'both',
    'msiLastInterestingMomentSource',
    'string',
    'toDynamics',
  ],
  [
    'Last interesting moment type',
    'mkt_lastinterestingmomenttype',
    'both',
    'msiLastInterestingMomentType',
    'string',
    'toDynamics',
  ],
  // "Synced for internal use"
  ['Owner', 'ownerid', 'both', 'microsoftOwner', 'lookup', 'toMarketo'],
  ['Company Name', 'parentcustomerid', 'contact', 'microsoftCompany', 'lookup', 'toMarketo'],
];

const CONTROL = ['microsoftId', 'microsoftType', 'microsoftIsDeleted'];
const BEYOND = ['dateOfBirth', 'website', 'industry', 'numberOfEmployees', 'microsoftEstimatedValue'];

const mapped = (field: string): MappedField | undefined => DEFAULT.fields.find(({ marketo }) => marketo === field);

describe('the field map of the native connector', () => {
  test.each(NATIVE)('%s: %s of %s', (_screen, column, tables, field, type, direction = 'both') => {
    const dynamics = tables === 'both' ? { contact: column, lead: column } : { [tables]: column };
    expect(mapped(field)).toMatchObject({ dynamics, type, direction, write: 'always' });
    expect(mapped(field)?.winner).toBeUndefined();
  });

  test('is all there is, but for control fields and what is said to go beyond it', () => {
    const known = [...NATIVE.map(([, , , field]) => field), ...CONTROL, ...BEYOND];
    expect(DEFAULT.fields.map(({ marketo }) => marketo).sort()).toEqual(known.sort());
  });

  test('every "do not" flag is a consent flag', () => {
    const flags = DEFAULT.fields.filter(({ type, marketo }) => type === 'boolean' && !CONTROL.includes(marketo));
    expect(flags).toHaveLength(5);
    for (const flag of flags) expect(flag.consent).toBe(true);
  });

  test("a field that set-up creates is called as Marketo's users know it", () => {
    const labels = new Map(wantedFields(DEFAULT).map(({ name, label }) => [name, label]));
    const created = NATIVE.filter(([screen]) => screen.startsWith('Microsoft'));
    expect(created).toHaveLength(9);
    for (const [screen, , , field] of created) expect(labels.get(field)).toBe(screen);
  });

  test("a topic, which Dynamics' screens demand of every lead, is given to leads of people without one", () => {
    expect(mapped('microsoftTopic')?.default).toBe('Synced from Marketo');
    expect(DEFAULT.fields.filter((field) => field.default !== undefined)).toHaveLength(1);
  });

  test('state and reason are won together, and have their own values on each table', () => {
    const together = DEFAULT.fields.filter(({ group }) => group === 'status').map(({ marketo }) => marketo);
    expect(together).toEqual(['leadStatus', 'microsoftStatusReason']);
    const labelsOn = (table: Table): readonly string[] => {
      const plan = compilePlan(DEFAULT, table, marketoInstance(), dynamicsInstance());
      const options = plan.fields.find(({ marketo }) => marketo === 'leadStatus')?.dynamicsSchema.options ?? [];
      return options.map(({ label }) => label);
    };
    expect(labelsOn('contact')).toEqual(['Active', 'Inactive']);
    expect(labelsOn('lead')).toEqual(['Open', 'Qualified', 'Disqualified']);
  });
});

describe('where Marketo Sales Insight is not installed', () => {
  const without = Object.fromEntries(NATIVE.flatMap(([, column]) => (column.startsWith('mkt_') ? [[column, undefined]] : [])));

  test.each(['contact', 'lead'] as const)('its fields are left out of %s, and nobody is told that anything is wrong', (table) => {
    const plan = compilePlan(DEFAULT, table, marketoInstance(), dynamicsInstance(without));
    expect(plan.leftOut.map(({ marketo }) => marketo).sort()).toEqual(insight(table));
    for (const one of plan.leftOut) {
      expect(one).toMatchObject({ optional: true });
      expect(one.reason).toMatch(/^Dynamics has no column mkt_\w+ on (contact|lead)\.$/);
    }
  });

  test('set-up does not create them in Marketo', () => {
    const names = wantedFields(DEFAULT).map(({ name }) => name);
    expect(names).not.toContain('msiLastInterestingMomentDate');
    expect(names).toContain('microsoftTopic');
  });
});

const insight = (table: Table): readonly string[] =>
  NATIVE.flatMap(([, column, tables, field]) =>
    column.startsWith('mkt_') && (tables === 'both' || tables === table) ? [field] : [],
  ).sort();

describe('on the sandboxes, after set-up', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let schemas: { readonly marketo: SideSchema; readonly dynamics: SideSchema };
  let callsOfSetUp: number;

  beforeAll(async () => {
    const http = createHttpClient({ timeoutMs: 10_000, concurrency: 5 });
    const clock = { now: () => new Date() };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const [marketoSandbox, dataverseSandbox] = [await createMarketoSandbox({}), await createDataverseSandbox({})];
    closing.push(
      () => marketoSandbox.close(),
      () => dataverseSandbox.close(),
    );
    const baseUrl = await marketoSandbox.listen(0);
    const marketo = createMarketo({ baseUrl, clientId: 'sync-client', clientSecret: 'sync-secret', http, clock, log });
    await marketo.setUp(wantedFields(DEFAULT), ACTIVITY_TYPES);
    const calls = (await sendJson(`${baseUrl}/_sandbox/calls`))['sync-client'] as Record<string, number>;
    callsOfSetUp = Object.entries(calls).reduce(
      (sum, [operation, count]) => sum + (/schema\/fields/.test(operation) ? count : 0),
      0,
    );
    const url = await dataverseSandbox.listen(0);
    const identity = { authority: url, tenantId: 'sandbox', clientId: 'sync-app', clientSecret: 'sync-secret', scopeUrl: url };
    const tokens = createTokenSource({ ...identity, http, clock });
    const dynamics = createDataverse({ url, http, tokens, clock, log });
    const [onMarketo, onDynamics] = await Promise.all([marketo.schema(), dynamics.schema()]);
    if ('failure' in onMarketo || 'failure' in onDynamics) throw new Error(JSON.stringify([onMarketo, onDynamics]));
    schemas = { marketo: onMarketo.ok, dynamics: onDynamics.ok };
  });

  afterAll(async () => {
    for (const close of closing) await close();
  });

  const planOf = (table: Table): TablePlan => compilePlan(DEFAULT, table, schemas.marketo, schemas.dynamics);

  test.each(['contact', 'lead'] as const)('every field of %s is in play as it is mapped, but for Sales Insight', (table) => {
    const plan = planOf(table);
    expect(plan.leftOut.map(({ marketo }) => marketo).sort()).toEqual(insight(table));
    for (const { marketo, column, direction } of plan.fields) {
      expect(mapped(marketo)?.dynamics[table]).toBe(column);
      expect([marketo, direction]).toEqual([marketo, mapped(marketo)?.direction]);
    }
    expect(plan.companyLink).toBe(table === 'lead' ? 'externalCompanyId' : undefined);
  });

  test('what set-up made has the type that the mapping needs, and all of it took one call', () => {
    for (const { name, dataType } of wantedFields(DEFAULT).filter(({ name }) => name.startsWith('microsoft')))
      expect([name, schemas.marketo.entities.person?.[name]?.vendorType]).toEqual([name, dataType]);
    expect(callsOfSetUp).toBe(1);
  });
});
