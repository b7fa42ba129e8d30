/** What a Bulk Activity Extract asks for, and its file. Deletions are not in it. */
import { type Activity, TYPE } from '../activity/log';
import { attributesOf, leadOf, primaryOf } from '../activity/render';
import { isRetained } from '../activity/retention';
import { MarketoError, missing, quote } from '../http/envelope';
import type { Instance } from '../instance';
import { formatDateTime } from '../schema/values';
import { type Body, isWithin, type Range, readFilter, readHeader, readRange } from './request';
import type { Cell } from './table';

export interface ActivityExport {
  readonly fields: readonly string[];
  readonly header: readonly string[];
  readonly range: Range;
  readonly types?: readonly number[];
  readonly primaryIds?: readonly number[];
  readonly primaryValues?: readonly string[];
}

const COLUMNS: Readonly<Record<string, (activity: Activity, instance: Instance) => Cell>> = {
  marketoGUID: ({ id }) => id,
  leadId: (activity, instance) => leadOf(instance, activity),
  activityDate: ({ at }) => formatDateTime(at),
  activityTypeId: ({ type }) => type,
  campaignId: ({ campaign }) => campaign,
  primaryAttributeValue: (activity, instance) => primaryOf(instance, activity).name,
  primaryAttributeValueId: (activity, instance) => primaryOf(instance, activity).id,
  /** Told of flow steps that send or call, which are none of these. */
  actionResult: () => undefined,
  // `JSON.stringify` leaves out what has no value.
  attributes: (activity) => JSON.stringify(attributesOf(activity)),
};

const DEFAULT_COLUMNS = Object.keys(COLUMNS).filter((name) => name !== 'actionResult');

/** Throws 1001, 1002, 1003. */
export function readActivityExport(body: Body): ActivityExport {
  const filter = readFilter(body);
  const range = readRange(filter['createdAt'], 'createdAt');
  const types = optionalArray(filter, 'activityTypeIds')?.map(Number);
  const primaryIds = optionalArray(filter, 'primaryAttributeValueIds')?.map(Number);
  const primaryValues = optionalArray(filter, 'primaryAttributeValues')?.map(quote);
  if ((primaryIds ?? primaryValues) !== undefined && types === undefined) throw missing('filter.activityTypeIds');
  const fields = optionalArray(body, 'fields')?.map(quote) ?? DEFAULT_COLUMNS;
  const unknown = fields.filter((name) => COLUMNS[name] === undefined);
  if (unknown.length > 0) throw new MarketoError('1003', `Invalid fields [${unknown.join(', ')}]`);
  return {
    fields,
    header: readHeader(body, fields),
    range,
    ...(types && { types }),
    ...(primaryIds && { primaryIds }),
    ...(primaryValues && { primaryValues }),
  };
}

function optionalArray(body: Body, name: string): readonly unknown[] | undefined {
  const given = body[name];
  if (given === undefined || given === null) return undefined;
  if (!Array.isArray(given)) throw new MarketoError('1003', `Invalid data: ${name} is not an array`);
  return given.length === 0 ? undefined : given;
}

export function* activityRows(request: ActivityExport, instance: Instance): Generator<readonly Cell[]> {
  const now = instance.clock.now().getTime();
  for (const activity of instance.log.sorted()) {
    if ((activity.visibleAt ?? 0) > now || !isRetained(activity, now) || !isWanted(request, activity, instance)) continue;
    yield request.fields.map((name) => COLUMNS[name]?.(activity, instance));
  }
}

function isWanted({ range, types, primaryIds, primaryValues }: ActivityExport, activity: Activity, instance: Instance): boolean {
  if (activity.type === TYPE.deleteLead || !isWithin(range, activity.at)) return false;
  if (types !== undefined && !types.includes(activity.type)) return false;
  const { id, name } = primaryOf(instance, activity);
  if (primaryIds !== undefined && (id === undefined || !primaryIds.includes(id))) return false;
  return primaryValues === undefined || (name !== undefined && primaryValues.includes(name));
}
