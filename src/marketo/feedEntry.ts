/** From an entry of a feed to a change of a person. */
import type { Change, FieldChange } from '../core/ports';
import { parseInstant } from '../core/time';
import { type Activity, rawOf } from './envelope';
import type { FieldBook } from './fieldBook';

export const FEEDS = ['leadchanges', 'activities', 'deletedleads'] as const;
export type Feed = (typeof FEEDS)[number];

/** A new person: its entry names no field. */
const NEW_LEAD = 12;
/** Activity types that the feed of field changes lacks: changes of a score, and merges. */
export const CHANGE_SCORE = 22;
export const MERGE_LEADS = 32;

export interface EntryContext {
  readonly feed: Feed;
  readonly book: FieldBook;
  /** Fields in play. */
  readonly fields: readonly string[];
  /** Stands in for an entry's own stamp, which only a broken answer lacks. */
  readonly readAt: string;
}

/** `undefined` for an entry that is about nobody, or about a score that is not in play: scores change all day. */
export async function toChange(entry: Activity, context: EntryContext): Promise<Change | undefined> {
  const { feed, readAt } = context;
  if (!entry.leadId) return undefined;
  const shared = {
    entity: 'person',
    id: entry.leadId,
    at: stampOf(entry) ?? readAt,
    // Deletes are counted by themselves on older instances, so an entry's id is only certain to be its own within its feed.
    ...(entry.marketoGUID === undefined ? {} : { guid: `${feed}/${entry.marketoGUID}` }),
  } as const;
  if (feed === 'deletedleads') return { ...shared, kind: 'deleted' };
  if (entry.activityTypeId === MERGE_LEADS) return { ...shared, kind: 'merged', mergedIds: mergedIdsOf(entry) };
  if (entry.activityTypeId === NEW_LEAD) return { ...shared, kind: 'changed', isNew: true, ...namedFields(entry) };
  if (entry.activityTypeId !== CHANGE_SCORE) return { ...shared, kind: 'changed', ...namedFields(entry) };

  const name = await context.book.nameOf(entry.primaryAttributeValueId, entry.primaryAttributeValue);
  if (name === undefined) return { ...shared, kind: 'changed' };
  if (!context.fields.includes(name)) return undefined;
  const score = { field: name, oldValue: attribute(entry, /^old ?value$/i), newValue: attribute(entry, /^new ?value$/i) };
  return { ...shared, kind: 'changed', fields: [score] };
}

/** When the entry was made, ISO 8601 UTC; Marketo writes `Z` and `+0000` alike. */
export function stampOf({ activityDate }: Activity): string | undefined {
  const seconds = activityDate === undefined ? undefined : parseInstant(activityDate);
  return seconds === undefined ? undefined : new Date(seconds * 1_000).toISOString();
}

/** A new person has none: which of its fields are set is for whoever reads it. */
function namedFields({ fields }: Activity): { readonly fields?: readonly FieldChange[] } {
  if (fields.length === 0) return {};
  return {
    fields: fields.map(({ name, oldValue, newValue }) => ({ field: name, oldValue: rawOf(oldValue), newValue: rawOf(newValue) })),
  };
}

/** "12,13" and "[12, 13]" are both met; the winner's own id is not one of the merged. */
function mergedIdsOf(entry: Activity): readonly string[] {
  const ids = String(attribute(entry, /^merge ?ids?$/i) ?? '').match(/\d+/g) ?? [];
  return [...new Set(ids)].filter((id) => id !== entry.leadId);
}

/** Attributes are named as on the screens in the feeds, and by API name elsewhere. */
function attribute({ attributes }: Activity, name: RegExp) {
  return rawOf(attributes.find((one) => name.test(one.name ?? one.apiName ?? ''))?.value);
}
