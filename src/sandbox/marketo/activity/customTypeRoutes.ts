/** The life of custom activity types: create, describe, change, approve, discard, delete. */
import { type Call, isRecord, jsonBody } from '../http/call';
import { type Envelope, MarketoError, missing, quote, wrongType } from '../http/envelope';
import type { Route } from '../http/router';
import type { Instance } from '../instance';
import { formatDateTime } from '../schema/values';
import { ATTRIBUTE_TYPES, type CustomAttribute, type CustomType, type Version } from './customTypes';

const MAX_TYPES = 10;
const MAX_SECONDARY = 20;
const BASE = '/rest/v1/activities/external';
type Body = Readonly<Record<string, unknown>>;

export const customTypeRoutes: readonly Route[] = [
  { method: 'GET', path: `${BASE}/types.json`, answer: list },
  { method: 'POST', path: `${BASE}/type.json`, answer: create },
  { method: 'POST', path: `${BASE}/type/{apiName}.json`, answer: update },
  { method: 'GET', path: `${BASE}/type/{apiName}/describe.json`, answer: describe },
  { method: 'POST', path: `${BASE}/type/{apiName}/approve.json`, answer: approve },
  { method: 'POST', path: `${BASE}/type/{apiName}/discardDraft.json`, answer: discardDraft },
  { method: 'POST', path: `${BASE}/type/{apiName}/delete.json`, answer: remove },
  { method: 'POST', path: `${BASE}/type/{apiName}/attributes/create.json`, answer: editAttributes(addAttribute) },
  { method: 'POST', path: `${BASE}/type/{apiName}/attributes/update.json`, answer: editAttributes(updateAttribute) },
  { method: 'POST', path: `${BASE}/type/{apiName}/attributes/delete.json`, answer: editAttributes(deleteAttribute) },
];

function list(_call: Call, instance: Instance): Envelope {
  return { result: instance.customTypes.all().map((type) => render(type, type.approved ?? type.draft)) };
}

function describe(call: Call, instance: Instance): Envelope {
  const type = existing(call, instance);
  const wantsDraft = call.parameters.get('draft') === 'true';
  const version = wantsDraft ? (type.draft ?? type.approved) : type.approved;
  if (version === undefined) throw new MarketoError('1013', `Activity type '${type.apiName}' has no approved version`);
  return { result: [render(type, version)] };
}

function create(call: Call, instance: Instance): Envelope {
  const body = jsonBody(call);
  const apiName = readApiName(body['apiName']);
  if (instance.customTypes.get(apiName) !== undefined)
    throw new MarketoError('1017', `Activity type '${apiName}' already exists`);
  if (instance.customTypes.all().length >= MAX_TYPES) throw new MarketoError('1027', 'Max Activity Type Limit Reached');
  const type = instance.customTypes.create(apiName, {
    name: requiredText(body, 'name'),
    triggerName: requiredText(body, 'triggerName'),
    filterName: requiredText(body, 'filterName'),
    ...(typeof body['description'] === 'string' && { description: body['description'] }),
    primaryAttribute: readAttribute(body['primaryAttribute'], 'primaryAttribute'),
    attributes: [],
  });
  return { result: [render(type, type.draft)] };
}

function update(call: Call, instance: Instance): Envelope {
  const body = jsonBody(call);
  const texts = ['name', 'triggerName', 'filterName', 'description'].flatMap((name) =>
    typeof body[name] === 'string' ? [[name, body[name]]] : [],
  );
  const primary = body['primaryAttribute'];
  return edit(call, instance, (version) => ({
    ...version,
    ...Object.fromEntries(texts),
    ...(isRecord(primary) && {
      primaryAttribute: readAttribute({ ...version.primaryAttribute, ...primary }, 'primaryAttribute'),
    }),
  }));
}

function approve(call: Call, instance: Instance): Envelope {
  const { draft, ...type } = existing(call, instance);
  if (draft === undefined) throw new MarketoError('1003', `Activity type '${type.apiName}' has no draft`);
  return { result: [render(instance.customTypes.put({ ...type, approved: draft }), draft)] };
}

function discardDraft(call: Call, instance: Instance): Envelope {
  const { draft, ...type } = existing(call, instance);
  if (draft === undefined || type.approved === undefined) {
    throw new MarketoError('1003', `Activity type '${type.apiName}' has no draft beside an approved version`);
  }
  return { result: [render(instance.customTypes.put(type), type.approved)] };
}

function remove(call: Call, instance: Instance): Envelope {
  const type = existing(call, instance);
  instance.customTypes.remove(type.apiName);
  return { result: [{ ...render(type, type.approved ?? type.draft), status: 'deleted' }] };
}

type AttributeEdit = (version: Version, given: Body, apiName: string) => Version;

function editAttributes(change: AttributeEdit): Route['answer'] {
  return (call, instance) => {
    const { attributes } = jsonBody(call);
    if (!Array.isArray(attributes) || !attributes.every(isRecord)) throw missing('attributes');
    return edit(call, instance, (version) =>
      attributes.reduce((edited, given) => change(edited, given, readApiName(given['apiName'])), version),
    );
  };
}

function addAttribute(version: Version, given: Body, apiName: string): Version {
  if ([version.primaryAttribute, ...version.attributes].some((known) => known.apiName === apiName)) {
    throw new MarketoError('1017', `Attribute '${apiName}' already exists`);
  }
  if (version.attributes.length >= MAX_SECONDARY) throw new MarketoError('1028', 'Max field limit reached');
  return { ...version, attributes: [...version.attributes, readAttribute(given, 'attributes')] };
}

function updateAttribute(version: Version, given: Body, apiName: string): Version {
  if (version.primaryAttribute.apiName === apiName) {
    return { ...version, primaryAttribute: readAttribute({ ...version.primaryAttribute, ...given }, 'attributes') };
  }
  requireAttribute(version, apiName);
  const change = (known: CustomAttribute): CustomAttribute =>
    known.apiName === apiName ? readAttribute({ ...known, ...given }, 'attributes') : known;
  return { ...version, attributes: version.attributes.map(change) };
}

function deleteAttribute(version: Version, _given: Body, apiName: string): Version {
  requireAttribute(version, apiName);
  return { ...version, attributes: version.attributes.filter((known) => known.apiName !== apiName) };
}

function requireAttribute(version: Version, apiName: string): void {
  if (!version.attributes.some((known) => known.apiName === apiName)) {
    throw new MarketoError('1013', `Attribute '${apiName}' not found`);
  }
}

/** Changes the draft, which is made from the approved version when there is none. */
function edit(call: Call, instance: Instance, change: (version: Version) => Version): Envelope {
  const type = existing(call, instance);
  const draft = change((type.draft ?? type.approved) as Version);
  return { result: [render(instance.customTypes.put({ ...type, draft }), draft)] };
}

function existing(call: Call, instance: Instance): CustomType {
  const apiName = call.segments[0] ?? '';
  const type = instance.customTypes.get(apiName);
  if (type === undefined) throw new MarketoError('1013', `Activity type '${apiName}' not found`);
  return type;
}

function render(type: CustomType, version: Version | undefined): object {
  const { primaryAttribute, attributes = [], ...texts } = version ?? {};
  return {
    id: type.id,
    apiName: type.apiName,
    ...texts,
    status: statusOf(type),
    createdAt: formatDateTime(type.createdAt),
    updatedAt: formatDateTime(type.updatedAt),
    primaryAttribute: { ...primaryAttribute, isPrimary: true },
    attributes,
  };
}

function statusOf({ approved, draft }: CustomType): string {
  if (approved === undefined) return 'draft';
  return draft === undefined ? 'approved' : 'approved with draft';
}

function readAttribute(given: unknown, parameter: string): CustomAttribute {
  if (!isRecord(given)) throw missing(parameter);
  const { dataType = 'string', description } = given;
  const known = ATTRIBUTE_TYPES.find((type) => type === dataType);
  if (known === undefined) throw wrongType(dataType, `one of ${ATTRIBUTE_TYPES.join(', ')}`);
  return {
    apiName: readApiName(given['apiName']),
    name: requiredText(given, 'name'),
    dataType: known,
    ...(typeof description === 'string' && { description }),
  };
}

function requiredText(body: Body, name: string): string {
  const text = body[name];
  if (typeof text !== 'string' || text === '') throw missing(name);
  return text;
}

function readApiName(given: unknown): string {
  if (given === undefined || given === null || given === '') throw missing('apiName');
  const name = quote(given);
  if (!/^[A-Za-z0-9_]{1,255}$/.test(name)) throw new MarketoError('1003', `Invalid data: apiName '${name}' is not alphanumeric`);
  return name;
}
