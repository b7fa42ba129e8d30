/** The feeds: Get Lead Activities, Get Lead Changes, Get Deleted Leads, Get Paging Token, Get Activity Types. */
import { batchSize, type Call, optionalIntegers, optionalText, requiredList, requiredText } from '../http/call';
import { type Envelope, MarketoError, missing, unknownField, wrongType } from '../http/envelope';
import type { Instance } from '../instance';
import { parseDateTime } from '../schema/values';
import { asActivityType } from './customTypes';
import { readFeed, tokenSince } from './feed';
import { type Activity, TYPE } from './log';
import { leadOf, primaryOf, renderActivity, renderLeadChange } from './render';
import { STANDARD_TYPES } from './standardTypes';

const MAX_TYPES = 10;
const MAX_LEADS = 30;
/** A list with this many people is too long to filter a feed by. */
const MAX_LIST = 10_000;

export function getPagingToken(call: Call): Envelope {
  const text = requiredText(call, 'sinceDatetime');
  const since = parseDateTime(text);
  if (since === undefined) throw wrongType(text, 'datetime');
  return { nextPageToken: tokenSince(since) };
}

export function getActivities(call: Call, instance: Instance): Envelope {
  const token = requiredText(call, 'nextPageToken');
  const types = optionalIntegers(call, 'activityTypeIds', MAX_TYPES);
  if (types === undefined) throw missing('activityTypeIds');
  const assets = optionalIntegers(call, 'assetIds');
  if (assets !== undefined && types.length !== 1)
    throw new MarketoError('1003', 'Invalid data: assetIds needs exactly one activity type');
  const ofLeads = leadFilter(call, instance);
  const wanted = (activity: Activity): boolean =>
    types.includes(activity.type) &&
    ofLeads(activity) &&
    (assets === undefined || assets.includes(primaryOf(instance, activity).id ?? Number.NaN));
  return page(call, instance, token, wanted, renderActivity);
}

export function getLeadChanges(call: Call, instance: Instance): Envelope {
  const token = requiredText(call, 'nextPageToken');
  const fields = new Set(requiredList(call, 'fields'));
  for (const name of fields) if (instance.fields.get(name) === undefined) throw unknownField(name);
  const ofLeads = leadFilter(call, instance);
  const wanted = (activity: Activity): boolean =>
    (activity.type === TYPE.newLead || (activity.type === TYPE.changeDataValue && fields.has(activity.change?.field ?? ''))) &&
    ofLeads(activity);
  return page(call, instance, token, wanted, renderLeadChange);
}

export function getDeletedLeads(call: Call, instance: Instance): Envelope {
  const token = requiredText(call, 'nextPageToken');
  return page(call, instance, token, ({ type }) => type === TYPE.deleteLead, renderActivity);
}

export function getActivityTypes(_call: Call, instance: Instance): Envelope {
  const custom = instance.customTypes.all().flatMap((type) => (type.approved ? [asActivityType(type, type.approved)] : []));
  return { result: [...STANDARD_TYPES, ...custom, ...instance.flowSteps.activityTypes()] };
}

function page(
  call: Call,
  instance: Instance,
  token: string,
  wanted: (activity: Activity) => boolean,
  render: (instance: Instance, activity: Activity) => object,
): Envelope {
  const { entries, nextPageToken, moreResult } = readFeed(instance, token, batchSize(call), wanted);
  return { result: entries.map((entry) => render(instance, entry)), nextPageToken, moreResult };
}

/** Restricts a feed to some people, or to those on a list. Throws 1003. */
function leadFilter(call: Call, instance: Instance): (activity: Activity) => boolean {
  const leads = optionalIntegers(call, 'leadIds', MAX_LEADS);
  const listId = optionalText(call, 'listId');
  const members = listId === undefined ? undefined : instance.lists.members(Number(listId));
  if (members !== undefined && members.length >= MAX_LIST) {
    throw new MarketoError('1003', `List '${listId ?? ''}' has too many leads: fewer than ${MAX_LIST} are allowed`);
  }
  const onList = members && new Set(members);
  return (activity) => {
    const lead = leadOf(instance, activity);
    return (leads === undefined || leads.includes(lead)) && (onList === undefined || onList.has(lead));
  };
}
