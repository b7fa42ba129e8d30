/** One operation of the Web API, alone or as a part of a batch: what is asked, and how it is answered. */
import { randomUUID } from 'node:crypto';
import { BUSINESS_UNIT_ID, type Instance, ORGANIZATION_ID } from './instance';
import { badPayload, DataverseError, notFound, unknownSegment } from './errors';
import { merge, qualifyLead } from './messages';
import { definitions, PRIVILEGE_TYPES, privilegeId, privilegeName } from './metadata/definitions';
import { type Table, tableOfSet, tables } from './metadata/model';
import { etagOf, present } from './query/present';
import { countRows, listRows, type Preferences, selectForOne } from './query/list';
import { createRow, deleteRow, upsertRow } from './rows/write';
import type { Row } from './store';

export interface Operation {
  readonly method: string;
  /** Path and query as they were sent, with or without a host. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | undefined;
  /** Scheme and host that links are built from. */
  readonly origin: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const BASE = /^\/api\/data\/v9\.[0-2]\//;

/** Never throws: a refusal is an answer like any other. */
export function perform(instance: Instance, operation: Operation): Answer {
  try {
    return dispatch(instance, operation);
  } catch (error) {
    return refusal(error);
  }
}

export function refusal(error: unknown): Answer {
  const known = error instanceof DataverseError ? error : new DataverseError(500, '0x80040216', 'An unexpected error occurred.');
  return {
    status: known.status,
    headers: {
      'Content-Type': 'application/json; odata.metadata=minimal',
      REQ_ID: randomUUID(),
      'OData-Version': '4.0',
      ...known.headers,
    },
    body: JSON.stringify({ error: { code: known.code, message: known.message } }),
  };
}

function dispatch(instance: Instance, operation: Operation): Answer {
  const local = operation.url.replace(/^https?:\/\/[^/]+/i, '');
  const mark = local.indexOf('?');
  const path = mark < 0 ? local : local.slice(0, mark);
  const base = BASE.exec(path)?.[0];
  if (base === undefined) throw unknownSegment(path);
  const root = `${operation.origin}${base}`;
  const query = queryOf(mark < 0 ? '' : local.slice(mark + 1));
  const rest = decodeURIComponent(path.slice(base.length));
  const preferences = preferencesOf(operation.headers['prefer']);
  const context: Context = { instance, operation, root, query, preferences };
  if (rest === '') return json(200, serviceDocument(root));
  if (rest.startsWith('EntityDefinitions')) return json(200, definitions(instance, rest, root));
  if (/^WhoAmI(?:\(\))?$/.test(rest)) return whoAmI(context);
  const users = /^systemusers\(([0-9a-f-]{36})\)\/Microsoft\.Dynamics\.CRM\.(\w+)(?:\(\))?$/i.exec(rest);
  if (users !== null) return userFunction(context, users[2] ?? '');
  if (rest === 'Merge' && operation.method === 'POST') {
    merge(instance, payloadOf(operation, 'Merge'));
    return { status: 204, headers: { 'OData-Version': '4.0' }, body: '' };
  }
  const qualify = /^leads\(([0-9a-f-]{36})\)\/Microsoft\.Dynamics\.CRM\.QualifyLead$/i.exec(rest);
  if (qualify !== null && operation.method === 'POST')
    return json(200, qualifyLead(instance, (qualify[1] ?? '').toLowerCase(), payloadOf(operation, 'QualifyLead')));
  const count = /^(\w+)\/\$count$/.exec(rest);
  if (count !== null)
    return {
      status: 200,
      headers: { 'Content-Type': 'text/plain', 'OData-Version': '4.0' },
      body: countRows(instance, setNamed(count[1] ?? ''), query),
    };
  const one = /^(\w+)\((.+)\)$/.exec(rest);
  if (one !== null) return single(context, setNamed(one[1] ?? ''), one[2] ?? '');
  return collection(context, setNamed(rest));
}

interface Context {
  readonly instance: Instance;
  readonly operation: Operation;
  readonly root: string;
  readonly query: ReadonlyMap<string, string>;
  readonly preferences: Preferences;
}

function setNamed(name: string): Table {
  const table = tableOfSet(name);
  if (table === undefined) throw unknownSegment(name);
  return table;
}

function collection({ instance, operation, root, query, preferences }: Context, table: Table): Answer {
  if (operation.method === 'GET') return json(200, listRows(instance, { table, root, query, preferences }), preferences);
  if (operation.method !== 'POST')
    throw new DataverseError(405, '0x0', `The requested resource does not support http method '${operation.method}'.`);
  const row = createRow(instance, table, payloadOf(operation, table.setName));
  return preferences.returnRepresentation
    ? represented({ instance, root, query, preferences }, table, row, 201)
    : written(root, table, row);
}

function single(context: Context, table: Table, key: string): Answer {
  const { instance, operation, root, query, preferences } = context;
  const id = idOf(context, table, key);
  const conditions = { ifMatch: operation.headers['if-match'], ifNoneMatch: operation.headers['if-none-match'] };
  switch (operation.method) {
    case 'GET': {
      const row = instance.rows.row(table, id);
      const select = selectForOne(table, query.get('$select'));
      if (row === undefined) throw notFound(table.label, id);
      if (conditions.ifNoneMatch === etagOf(row) && preferences.annotations.length === 0)
        return { status: 304, headers: { 'OData-Version': '4.0', ETag: etagOf(row) }, body: '' };
      const how = { ...(select === undefined ? {} : { select }), annotations: preferences.annotations };
      return json(
        200,
        { '@odata.context': `${root}$metadata#${table.setName}/$entity`, ...present(instance, table, row, how) },
        preferences,
      );
    }
    case 'PATCH': {
      const { row, created } = upsertRow(instance, table, id, payloadOf(operation, table.setName), conditions);
      return preferences.returnRepresentation ? represented(context, table, row, created ? 201 : 200) : written(root, table, row);
    }
    case 'DELETE':
      deleteRow(instance, table, id, conditions);
      return { status: 204, headers: { 'OData-Version': '4.0' }, body: '' };
    default:
      throw new DataverseError(405, '0x0', `The requested resource does not support http method '${operation.method}'.`);
  }
}

/** A GUID, or an alternate key of one text column: `accountnumber='A-1'`. */
function idOf({ instance }: Context, table: Table, key: string): string {
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(key)) return key.toLowerCase();
  const [, column = '', value = ''] = /^(\w+)='(.*)'$/.exec(key) ?? [];
  const found = instance.rows.lookUp(table, column, value.replaceAll("''", "'"));
  if (found === undefined)
    throw new DataverseError(
      400,
      '0x80060888',
      `The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.${table.name}'.`,
    );
  const [row] = found;
  if (row === undefined)
    throw new DataverseError(404, '0x80060891', `A record with the specified key values does not exist in ${table.name} entity`);
  return row.id;
}

function represented(
  { instance, root, query, preferences }: Omit<Context, 'operation'>,
  table: Table,
  row: Row,
  status: number,
): Answer {
  const select = selectForOne(table, query.get('$select'));
  const how = { ...(select === undefined ? {} : { select }), annotations: preferences.annotations };
  const answer = json(
    status,
    { '@odata.context': `${root}$metadata#${table.setName}/$entity`, ...present(instance, table, row, how) },
    preferences,
  );
  return { ...answer, headers: { ...answer.headers, ETag: etagOf(row) } };
}

function written(root: string, table: Table, row: Row): Answer {
  const address = `${root}${table.setName}(${row.id})`;
  return { status: 204, headers: { 'OData-Version': '4.0', Location: address, 'OData-EntityId': address }, body: '' };
}

function whoAmI({ instance, operation, root }: Context): Answer {
  if (operation.method !== 'GET')
    throw new DataverseError(404, '', `No HTTP resource was found that matches the request URI '${operation.url}'.`);
  return json(200, {
    '@odata.context': `${root}$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
    BusinessUnitId: BUSINESS_UNIT_ID,
    UserId: instance.security.userId,
    OrganizationId: ORGANIZATION_ID,
  });
}

/** What a user may do. Application users of this environment may do everything, but for columns that were closed to them. */
function userFunction({ instance }: Context, name: string): Answer {
  if (name === 'RetrieveUserPrivileges')
    return json(200, {
      RolePrivileges: [...tables.values()].flatMap((table) =>
        PRIVILEGE_TYPES.map((type) => ({
          Depth: 'Global',
          PrivilegeId: privilegeId(type, table),
          BusinessUnitId: BUSINESS_UNIT_ID,
          PrivilegeName: privilegeName(type, table),
        })),
      ),
    });
  if (name === 'RetrievePrincipalAttributePrivileges')
    return json(200, {
      AttributePrivileges: instance.security.columns().map(({ table, column, read, update }) => ({
        AttributeId: tables.get(table)?.columns.get(column)?.metadataId,
        CanRead: read ? 4 : 0,
        CanCreate: update ? 4 : 0,
        CanUpdate: update ? 4 : 0,
      })),
    });
  throw unknownSegment(`Microsoft.Dynamics.CRM.${name}`);
}

function payloadOf({ body }: Operation, set: string): Record<string, unknown> {
  try {
    const payload: unknown = JSON.parse(body ?? '');
    if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) return payload as Record<string, unknown>;
  } catch {
    // said below
  }
  throw badPayload(set, 'Microsoft.OData.ODataException: The payload is not a JSON object.');
}

const serviceDocument = (root: string) => ({
  '@odata.context': `${root}$metadata`,
  value: [...tables.values()].map(({ setName }) => ({ name: setName, kind: 'EntitySet', url: setName })),
});

function json(status: number, body: unknown, preferences?: Preferences): Answer {
  return {
    status,
    headers: {
      'Content-Type': 'application/json; odata.metadata=minimal',
      'OData-Version': '4.0',
      ...(preferences?.trackChanges ? { 'Preference-Applied': 'odata.track-changes' } : {}),
    },
    body: JSON.stringify(body),
  };
}

/** Names and values come form-encoded too. */
function queryOf(text: string): ReadonlyMap<string, string> {
  return new Map(new URLSearchParams(text.replace(/\+/g, '%20')));
}

function preferencesOf(header: string | undefined): Preferences {
  const text = header ?? '';
  const size = /odata\.maxpagesize=(\d+)/.exec(text)?.[1];
  const annotations = /odata\.include-annotations="?([^"]*)"?/.exec(text)?.[1];
  return {
    ...(size === undefined ? {} : { maxPageSize: Number(size) }),
    trackChanges: text.includes('odata.track-changes'),
    annotations: annotations === undefined ? [] : annotations.split(',').map((one) => one.trim()),
    returnRepresentation: text.includes('return=representation'),
    continueOnError: text.includes('odata.continue-on-error'),
  };
}

export const continuesOnError = (header: string | undefined): boolean => preferencesOf(header).continueOnError;
