/** One operation from request to answer: which endpoint it is for, and its refusal in Dataverse's shape. */
import { answerDefinitions } from '../metadata/definitions';
import { csdlOf } from '../metadata/csdl';
import type { Table } from '../metadata/model';
import { boundMessages, collectionMessages, unboundMessages } from '../messages';
import type { Organization } from '../organization';
import { countCollection, readCollection } from '../query/readCollection';
import { deleteRowAt, getRow, patchRow, postRow } from '../rows/endpoints';
import { answerPart } from '../rows/partEndpoints';
import { readRowKey } from '../rows/rowKey';
import { requirePrivilege } from '../security/require';
import type { User } from '../security/user';
import { countChanges, readChanges, tracksChanges } from '../tracking/readChanges';
import { type Answer, type Call, callOf, json, type Segment, type Sent } from './call';
import { DataverseError, methodNotAllowed, noSuchSegment, uriProblem } from './problem';
import { refusal } from './refusal';

const CRM = 'Microsoft.Dynamics.CRM.';
const METADATA_VERSION = `${CRM}globalmetadataversion`;

/** Never throws a refusal: it is an answer like any other. What a failed operation has written is taken back. */
export function perform(sent: Sent, user: User, organization: Organization): Answer {
  const call = callOf(sent, user);
  try {
    const answer = withMetadataVersion(
      organization.atomically(() => answerCall(call, organization)),
      call,
      organization,
    );
    const { applied } = call.prefer;
    return applied === '' ? answer : { ...answer, headers: { ...answer.headers, 'Preference-Applied': applied } };
  } catch (error) {
    if (error instanceof DataverseError) return refusal(error, call.prefer);
    throw error;
  }
}

/** By it callers notice, with any answer at all, that tables or columns have changed. */
function withMetadataVersion(answer: Answer, { prefer }: Call, organization: Organization): Answer {
  const isJsonAnswer = typeof answer.body === 'object' && '@odata.context' in answer.body;
  if (!isJsonAnswer || !prefer.wants(METADATA_VERSION)) return answer;
  return { ...answer, body: { ...answer.body, [`@${METADATA_VERSION}`]: String(organization.metadataVersion()) } };
}

function answerCall(call: Call, organization: Organization): Answer {
  const [first, second, third] = call.segments;
  if (first === undefined) return serviceDocument(call, organization);
  if (first.name === '$metadata')
    return { status: 200, headers: { 'Content-Type': 'application/xml' }, body: csdlOf(organization.model) };
  if (first.name === '$batch') throw uriProblem('A batch cannot be part of a batch.');
  if (first.name.endsWith('Definitions')) return answerDefinitions(call, organization);
  const unbound = unboundMessages.get(first.name);
  if (unbound !== undefined && second === undefined) return unbound(call, organization);
  const table = organization.model.byEntitySet(first.name);
  if (table === undefined) throw noSuchSegment(first.name);
  if (first.argument === undefined) return answerSet(call, table, second, organization);
  return answerRow(call, table, first.argument, second, third?.name, organization);
}

function answerSet(call: Call, table: Table, second: Segment | undefined, organization: Organization): Answer {
  if (second?.name.startsWith(CRM)) {
    const message = collectionMessages.get(second.name.slice(CRM.length));
    if (message === undefined) throw noSuchSegment(second.name);
    return message(call, table, organization);
  }
  if (second !== undefined && second.name !== '$count') throw noSuchSegment(second.name);
  if (call.method === 'POST' && second === undefined) return postRow(call, table, organization);
  if (call.method !== 'GET') throw methodNotAllowed(call.method);
  requirePrivilege(organization, call.user, table, 'Read');
  const isCount = second !== undefined;
  if (tracksChanges(call)) return (isCount ? countChanges : readChanges)(call, table, organization);
  return (isCount ? countCollection : readCollection)(call, { table, path: table.entitySet }, organization);
}

function answerRow(
  call: Call,
  table: Table,
  argument: string,
  second: Segment | undefined,
  third: string | undefined,
  organization: Organization,
): Answer {
  const key = readRowKey(argument, table, organization);
  if (second?.name.startsWith(CRM)) {
    const message = boundMessages.get(`${table.name}.${second.name.slice(CRM.length)}`);
    if (message === undefined) throw noSuchSegment(second.name);
    return message(call, table, key, organization);
  }
  if (second !== undefined) return answerPart(call, table, key, second, third, organization);
  switch (call.method) {
    case 'GET':
      return getRow(call, table, key, organization);
    case 'PATCH':
      return patchRow(call, table, key, organization);
    case 'DELETE':
      return deleteRowAt(call, table, key, organization);
    default:
      throw methodNotAllowed(call.method);
  }
}

function serviceDocument(call: Call, { model }: Organization): Answer {
  const sets = [...model.tables.values()].map(({ entitySet }) => ({ name: entitySet, kind: 'EntitySet', url: entitySet }));
  const definitions = { name: 'EntityDefinitions', kind: 'EntitySet', url: 'EntityDefinitions' };
  return json({ '@odata.context': `${call.baseUrl}/$metadata`, value: [...sets, definitions] });
}
