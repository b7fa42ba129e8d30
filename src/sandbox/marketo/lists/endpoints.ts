/** Static lists: reading them, and putting people on and off. */
import { TYPE } from '../activity/log';
import {
  batchSize,
  type Call,
  idSegment,
  inputRecords,
  jsonBody,
  MAX_BATCH,
  optionalIntegers,
  optionalList,
  optionalText,
} from '../http/call';
import { type Envelope, MarketoError, perRecord, Skip } from '../http/envelope';
import { decodeToken, encodeToken } from '../http/pageToken';
import type { Instance } from '../instance';
import { leadPage, requestedFields } from '../leads/read';
import { formatDateTime } from '../schema/values';
import type { StaticList } from './store';

const PAGE_KIND = 'lists';

export function getLists(call: Call, instance: Instance): Envelope {
  const ids = optionalIntegers(call, 'id', MAX_BATCH);
  const names = optionalList(call, 'name', MAX_BATCH);
  const matching = instance.lists.all().filter(({ id, name }) => (ids?.includes(id) ?? true) && (names?.includes(name) ?? true));
  const token = optionalText(call, 'nextPageToken');
  const start = token === undefined ? 0 : Number(decodeToken(PAGE_KIND, token)[0]);
  const end = start + batchSize(call);
  return {
    result: matching.slice(start, end).map(render),
    ...(end < matching.length && { nextPageToken: encodeToken(PAGE_KIND, [end]) }),
  };
}

export function getList(call: Call, instance: Instance): Envelope {
  return { result: [render(existing(call, instance))] };
}

export function getListLeads(call: Call, instance: Instance): Envelope {
  const { id } = existing(call, instance);
  const members = instance.lists.members(id).flatMap((lead) => instance.leads.get(lead) ?? []);
  return leadPage(call, instance, members, requestedFields(call, instance));
}

export function addToList(call: Call, instance: Instance): Envelope {
  const list = existing(call, instance);
  return forLeads(call, instance, (lead) => {
    if (instance.lists.add(list.id, lead)) logMembership(instance, TYPE.addToList, list, lead);
    return 'added';
  });
}

export function removeFromList(call: Call, instance: Instance): Envelope {
  const list = existing(call, instance);
  return forLeads(call, instance, (lead) => {
    if (!instance.lists.remove(list.id, lead)) throw new Skip('1015', 'Lead not in list');
    logMembership(instance, TYPE.removeFromList, list, lead);
    return 'removed';
  });
}

export function areMembers(call: Call, instance: Instance): Envelope {
  const list = existing(call, instance);
  return forLeads(call, instance, (lead) => (instance.lists.has(list.id, lead) ? 'memberof' : 'notmemberof'));
}

/** The ids stand in the body's `input`, or in the parameter `id`. */
function forLeads(call: Call, instance: Instance, act: (lead: number) => string): Envelope {
  const ids = optionalIntegers(call, 'id', MAX_BATCH) ?? inputRecords(jsonBody(call)).map(({ id }) => Number(id));
  return {
    result: ids.map((id) =>
      perRecord(
        () => {
          if (instance.leads.get(id) === undefined) throw new Skip('1004', 'Lead not found');
          return { id, status: act(id) };
        },
        (reason) => ({ id, status: 'skipped', reasons: [reason] }),
      ),
    ),
  };
}

function existing(call: Call, instance: Instance): StaticList {
  const id = idSegment(call);
  const list = instance.lists.get(id);
  if (list === undefined) throw new MarketoError('1013', `List '${id}' not found`);
  return list;
}

function logMembership(instance: Instance, type: number, list: StaticList, lead: number): void {
  instance.log.append({ type, lead, primaryId: list.id, primary: list.name, attributes: { Source: 'Web service API' } });
}

const render = ({ id, name, createdAt, updatedAt }: StaticList): object => ({
  id,
  name,
  createdAt: formatDateTime(createdAt),
  updatedAt: formatDateTime(updatedAt),
});
