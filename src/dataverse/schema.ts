/** Reads what the environment says about itself: tables, columns, permissions, and what is in the way of syncing it. */
import { isGuid } from '../core/guid';
import type { Failure, Result } from '../core/ports';
import type { EntitySchema, FieldSchema, Hindrance, Table } from '../core/types';
import { columnAccess, type ColumnAccess, tableAccess, type TableAccess } from './access';
import { type Api, objectOf, type Operation } from './api';
import { type Attribute, metadataPaths, readAttributes } from './attributes';
import { NOT_A_MEMBER } from './classify';
import { type Json, objectsIn } from './json';
import { type Column, type Columns, LOOKUP_TYPES, type Model, TABLES } from './tables';

/** Reads everything anew, in two requests: the first tells who we are, the second what that user may do. */
export async function readModel(api: Api): Promise<Result<Model>> {
  const paths = TABLES.map((table) => metadataPaths(table));
  const answers = await readAll(api, [
    'WhoAmI',
    'organizations?$select=expirechangetrackingindays,languagecode',
    ...paths.flat(),
  ]);
  if ('failure' in answers) return { failure: withAdvice(answers.failure) };
  const [whoAmI = {}, organizations = {}, ...metadata] = answers.ok;
  const userId = String(whoAmI.UserId).toLowerCase();
  const instance = String(whoAmI.OrganizationId).toLowerCase();
  if (!isGuid(userId) || !isGuid(instance)) return { failure: noIdentity };
  const organization = objectsIn(organizations.value)[0] ?? {};

  const functions = ['RetrieveUserPrivileges', 'RetrievePrincipalAttributePrivileges'];
  const rights = await readAll(
    api,
    functions.map((name) => `systemusers(${userId})/Microsoft.Dynamics.CRM.${name}()`),
  );
  if ('failure' in rights) return rights;
  const rolePrivileges = rights.ok[0]?.RolePrivileges;
  const secured = columnAccess(rights.ok[1]?.AttributePrivileges);

  const problems: Hindrance[] = [];
  const warnings: Hindrance[] = [];
  if (!Array.isArray(rolePrivileges) || rolePrivileges.length === 0)
    problems.push({
      finding: 'The application user has no security role in Dynamics.',
      fix: 'In Power Platform admin center, Environments, Settings, Application users, give it one.',
    });
  if (organization.expirechangetrackingindays === 0)
    problems.push({
      finding: 'Dynamics forgets changes at once.',
      fix: 'Set expirechangetrackingindays of the organization to 7 days or more.',
    });

  const languageCode = typeof organization.languagecode === 'number' ? organization.languagecode : undefined;
  const columns: Partial<Record<Table, Columns>> = {};
  for (const table of TABLES) {
    const [definition = {}, ...casts] = metadata.splice(0, metadataPaths(table).length);
    const access = tableAccess(definition.Privileges, rolePrivileges);
    problems.push(...problemsOf(table, definition, access));
    warnings.push(...warningsOf(table, access));
    columns[table] = new Map(
      readAttributes(definition, casts, languageCode).map((attribute) => [
        attribute.field.name,
        toColumn(attribute, access, secured),
      ]),
    );
  }
  const { contact = new Map(), lead = new Map() } = columns;
  const entities = { contact: entitySchema(contact), lead: entitySchema(lead) };
  return { ok: { schema: { instance, userId, entities, problems, warnings }, columns: { contact, lead } } };
}

/** Permissions are cached up to half a minute on Dataverse's side, unless strong consistency is asked for. */
const FRESH = { Consistency: 'Strong' };

async function readAll(api: Api, paths: readonly string[]): Promise<Result<Json[]>> {
  const operations = paths.map((path): Operation => ({ method: 'GET', path, headers: FRESH, asked: { doing: 'look' } }));
  const bodies: Json[] = [];
  for (const reply of await api.each(operations)) {
    const body = objectOf(reply);
    if ('failure' in body) return body;
    bodies.push(body.ok);
  }
  return { ok: bodies };
}

const lacks = (what: string, privilege: string, table: Table): Hindrance => ({
  finding: `The sync user may not ${what}.`,
  fix: `Give its security role the privilege ${privilege} on the table ${table}, at organization level.`,
});

function problemsOf(table: Table, definition: Json, access: TableAccess): Hindrance[] {
  const found: readonly (Hindrance | false)[] = [
    definition.ChangeTrackingEnabled !== true && {
      finding: `Change tracking is off for the table ${table}, so Dynamics does not tell what changed there.`,
      fix: 'Tick "Track changes" in the properties of the table in Power Apps, and publish.',
    },
    definition.IsOptimisticConcurrencyEnabled === false && {
      finding: `Optimistic concurrency is off for the table ${table}, so another user's edit could be overwritten.`,
      fix: 'Switch IsOptimisticConcurrencyEnabled of the table on, and publish.',
    },
    !access.readAll && lacks(`read every ${table}, as change tracking demands`, 'Read', table),
    !access.create && lacks(`create a ${table}`, 'Create', table),
    !access.write && lacks(`change a ${table}`, 'Write', table),
  ];
  return found.filter((one) => one !== false);
}

function warningsOf(table: Table, { write, writeAll }: TableAccess): Hindrance[] {
  if (!write || writeAll) return [];
  return [lacks(`change every ${table}: what Marketo changes on the others is refused`, 'Write', table)];
}

function toColumn(attribute: Attribute, table: TableAccess, securedAccess: (metadataId: string) => ColumnAccess): Column {
  const { valid, secured, field, metadataId } = attribute;
  const lookup = LOOKUP_TYPES.has(field.vendorType);
  const column = secured ? securedAccess(metadataId) : { read: true, create: true, update: true };
  return {
    lookup,
    ...(valid.read ? { select: lookup ? `_${field.name}_value` : field.name } : {}),
    field: {
      ...field,
      readable: table.read && valid.read && column.read,
      // Lookups need the other row's id under another name, so this client does not write them; the owner is set on create alone.
      creatable: !lookup && table.create && valid.create && column.create,
      updatable: !lookup && table.write && valid.update && column.update,
    },
  };
}

/** What we tell Marketo about the row itself, as columns like any other. */
const PSEUDO_COLUMNS: readonly (readonly [name: string, label: string, vendorType: string])[] = [
  ['$id', 'Record id', 'Uniqueidentifier'],
  ['$table', 'Table', 'String'],
  ['$deleted', 'Deleted', 'Boolean'],
];

function entitySchema(columns: Columns): EntitySchema {
  const pseudo = PSEUDO_COLUMNS.map(([name, label, vendorType]): FieldSchema => {
    return { name, label, vendorType, required: 'none', readable: true, creatable: false, updatable: false };
  });
  const fields = [...pseudo, ...[...columns.values()].map((column) => column.field)];
  return Object.fromEntries(fields.map((field) => [field.name, field]));
}

function withAdvice(failure: Failure): Failure {
  if (failure.code !== NOT_A_MEMBER) return failure;
  const advice = 'create an application user for the app registration in this environment and give it a security role';
  return { ...failure, message: `The app registration is no user of this Dynamics environment: ${advice}.` };
}

const noIdentity: Failure = {
  kind: 'config',
  scope: 'side',
  code: 'noIdentity',
  message: 'WhoAmI did not tell the user and the organization: check that DATAVERSE_URL is the URL of a Dataverse environment.',
};
