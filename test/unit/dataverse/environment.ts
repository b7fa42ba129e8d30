/** Answers about an environment, in the shapes of the Web API's documentation, and a client that talks to it. */
import { createHash } from 'node:crypto';
import { createDataverse } from '../../../src/dataverse/client';
import type { Clock, Pace } from '../../../src/core/ports';
import { createHttpClient } from '../../../src/remote/http';
import { type Given, type Got, startServer, type TestServer } from './server';

export const USER = '75c2dd85-0000-4000-8000-000000000001';
export const ORGANIZATION = '0a0a0a0a-0000-4000-8000-00000000000a';
export const ID = '11111111-2222-3333-4444-555555555555';
export const OTHER_ID = '22222222-2222-3333-4444-555555555555';
export const ACCOUNT_ID = '33333333-2222-3333-4444-555555555555';

export interface Secured {
  readonly CanRead: number;
  readonly CanCreate: number;
  readonly CanUpdate: number;
}

export interface Environment {
  readonly changeTracking?: boolean;
  readonly readDepth?: string;
  /** Privileges left out, such as `prvCreatelead`. */
  readonly without?: readonly string[];
  /** `emailaddress1` is secured, with these rights. */
  readonly secured?: Secured;
  readonly columnsGone?: readonly string[];
  readonly noFilterColumn?: boolean;
}

const label = (text: string) => ({
  LocalizedLabels: [
    { Label: `${text} (da)`, LanguageCode: 1030 },
    { Label: text, LanguageCode: 1033 },
  ],
  UserLocalizedLabel: { Label: `${text} (da)`, LanguageCode: 1030 },
});

type Flags = Readonly<Record<string, unknown>>;
const attribute = (name: string, type: string, display: string, more: Flags = {}) => ({
  MetadataId: metadataId(name),
  LogicalName: name,
  DisplayName: label(display),
  AttributeType: type,
  AttributeTypeName: { Value: `${type}Type` },
  AttributeOf: null,
  IsValidForRead: true,
  IsValidForCreate: true,
  IsValidForUpdate: true,
  IsSecured: false,
  RequiredLevel: { Value: 'None' },
  ...more,
});
const READ_ONLY = { IsValidForCreate: false, IsValidForUpdate: false };
const metadataId = (name: string): string =>
  `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').padEnd(12, '0').slice(0, 12)}`;

function attributesOf(table: string, environment: Environment) {
  const all = [
    attribute(`${table}id`, 'Uniqueidentifier', 'Id', { IsValidForUpdate: false, RequiredLevel: { Value: 'SystemRequired' } }),
    attribute('emailaddress1', 'String', 'Email', { IsSecured: environment.secured !== undefined }),
    attribute('lastname', 'String', 'Last Name', { RequiredLevel: { Value: 'ApplicationRequired' } }),
    attribute('fullname', 'String', 'Full Name', READ_ONLY),
    attribute('description', 'Memo', 'Description'),
    attribute('annualincome', 'Money', 'Annual Income'),
    attribute('birthdate', 'DateTime', 'Birthday'),
    attribute('modifiedon', 'DateTime', 'Modified On', READ_ONLY),
    attribute('leadsourcecode', 'Picklist', 'Lead Source'),
    attribute('new_interests', 'Virtual', 'Interests', { AttributeTypeName: { Value: 'MultiSelectPicklistType' } }),
    attribute('entityimage', 'Virtual', 'Image', { AttributeTypeName: { Value: 'ImageType' } }),
    attribute('leadsourcecodename', 'Virtual', 'Lead Source Name', { AttributeOf: 'leadsourcecode' }),
    attribute('emailname', 'String', 'Helper', { AttributeOf: 'emailaddress1' }),
    attribute('donotemail', 'Boolean', 'Do not allow emails'),
    attribute('statecode', 'State', 'Status'),
    attribute('ownerid', 'Owner', 'Owner'),
    attribute('masterid', 'Lookup', 'Master', READ_ONLY),
    attribute('secretcode', 'String', 'Secret', { IsValidForRead: false }),
    ...(table === 'contact'
      ? [attribute('originatingleadid', 'Lookup', 'Originating Lead'), attribute('parentcustomerid', 'Customer', 'Company Name')]
      : [attribute('companyname', 'String', 'Company Name')]),
    ...(environment.noFilterColumn ? [] : [attribute('new_synctomkto', 'Boolean', 'Sync to Marketo')]),
  ];
  return all.filter(({ LogicalName }) => !(environment.columnsGone ?? []).includes(LogicalName));
}

const PRIVILEGES = ['Read', 'Create', 'Write'];
const privilegeId = (name: string): string =>
  `10000000-0000-4000-8000-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;

const option = (value: number, text: string) => ({ Value: value, Label: label(text) });
const CASTS: Readonly<Record<string, readonly unknown[]>> = {
  String: [
    { LogicalName: 'emailaddress1', MaxLength: 100 },
    { LogicalName: 'lastname', MaxLength: 50 },
  ],
  Memo: [{ LogicalName: 'description', MaxLength: 2000 }],
  Money: [{ LogicalName: 'annualincome', MinValue: 0, MaxValue: 100000000, Precision: 2 }],
  DateTime: [
    { LogicalName: 'birthdate', Format: 'DateOnly', DateTimeBehavior: { Value: 'DateOnly' } },
    { LogicalName: 'modifiedon', Format: 'DateOnly', DateTimeBehavior: { Value: 'UserLocal' } },
  ],
  Picklist: [
    {
      LogicalName: 'leadsourcecode',
      OptionSet: { Options: [option(1, 'Advertisement'), option(8, 'Web')] },
      GlobalOptionSet: null,
    },
  ],
  MultiSelectPicklist: [
    { LogicalName: 'new_interests', OptionSet: null, GlobalOptionSet: { Options: [option(100000000, 'Golf')] } },
  ],
  State: [{ LogicalName: 'statecode', OptionSet: { Options: [option(0, 'Active'), option(1, 'Inactive')] } }],
};

/** The answer to a request that reads the schema; `undefined` for any other request. */
export function answerSchema({ url }: Got, environment: Environment): Given | undefined {
  const path = decodeURIComponent(url.replace(/^\/api\/data\/v9\.2\//, ''));
  if (path === 'WhoAmI') return ok({ UserId: USER, OrganizationId: ORGANIZATION, BusinessUnitId: USER });
  if (path.startsWith('organizations?')) return ok({ value: [{ expirechangetrackingindays: 7, languagecode: 1033 }] });
  const table = /^EntityDefinitions\(LogicalName='(contact|lead)'\)/.exec(path)?.[1];
  const cast = /Microsoft\.Dynamics\.CRM\.(\w+)AttributeMetadata/.exec(path)?.[1];
  if (table !== undefined && cast !== undefined) return ok({ value: CASTS[cast] ?? [] });
  if (table !== undefined)
    return ok({
      LogicalName: table,
      ChangeTrackingEnabled: environment.changeTracking ?? true,
      IsOptimisticConcurrencyEnabled: true,
      Privileges: PRIVILEGES.map((type) => ({
        Name: `prv${type}${table}`,
        PrivilegeId: privilegeId(`prv${type}${table}`),
        PrivilegeType: type,
      })),
      Attributes: attributesOf(table, environment),
    });
  if (path.includes('RetrieveUserPrivileges'))
    return ok({
      RolePrivileges: ['contact', 'lead'].flatMap((name) =>
        PRIVILEGES.map((type) => `prv${type}${name}`)
          .filter((privilege) => !(environment.without ?? []).includes(privilege))
          .map((privilege) => ({
            PrivilegeId: privilegeId(privilege).toUpperCase(),
            Depth: privilege.startsWith('prvRead') ? (environment.readDepth ?? 'Global') : 'Basic',
          })),
      ),
    });
  if (path.includes('RetrievePrincipalAttributePrivileges'))
    return ok({
      AttributePrivileges: environment.secured ? [{ AttributeId: metadataId('emailaddress1'), ...environment.secured }] : [],
    });
  return undefined;
}

export const ok = (body: unknown): Given => ({ status: 200, body });
export const refusal = (status: number, code: string, message: string): Given => ({ status, body: { error: { code, message } } });

export const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A clock that stands still until it is told otherwise. */
export function standingClock(): Clock & { advance(ms: number): void } {
  let nowMs = Date.parse('2026-03-01T12:00:00Z');
  return {
    now: () => new Date(nowMs),
    advance(ms) {
      nowMs += ms;
    },
  };
}

export interface World {
  readonly server: TestServer;
  readonly dataverse: ReturnType<typeof createDataverse>;
  readonly clock: ReturnType<typeof standingClock>;
  /** Waits that were reported for everyone. */
  readonly blocks: { waitMs: number; code: string }[];
  /** Operations that are not about the schema. */
  asked(): Got[];
  close(): Promise<void>;
}

/** Starts an environment whose rows `rows` answers for, and a client for it. */
export async function startWorld(
  rows: (got: Got) => Given,
  environment: Environment = {},
  request?: (got: Got) => Given | undefined,
): Promise<World> {
  const server = await startServer((got) => answerSchema(got, environment) ?? rows(got), request);
  const clock = standingClock();
  const blocks: { waitMs: number; code: string }[] = [];
  const pace: Pace = {
    acquire: async () => ({ ok: true }),
    block: async (waitMs, code) => {
      blocks.push({ waitMs, code });
    },
  };
  const dataverse = createDataverse({
    url: server.url,
    http: createHttpClient({ timeoutMs: 5_000, concurrency: 4 }),
    tokens: { token: async () => ({ ok: 'a-token' }), invalidate: () => {} },
    clock,
    log: silentLog,
    pace,
  });
  return {
    server,
    dataverse,
    clock,
    blocks,
    asked: () => server.operations.filter((got) => answerSchema(got, environment) === undefined),
    close: () => server.close(),
  };
}
