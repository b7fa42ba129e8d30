/** What the instance says about itself: person fields, custom activity types, and what is in the way of syncing it. */
import { grant } from '../core/marketoPermissions';
import type { Failure, Result } from '../core/ports';
import type { FieldSchema, Hindrance, SideSchema } from '../core/types';
import { type ActivityTypeBook, isApproved } from './activityTypes';
import type { DescribedField } from './envelope';
import type { FieldBook } from './fieldBook';

/** Reads everything anew. `instance` is the host of the API, which every Marketo instance has for itself. */
export async function readSchema(instance: string, book: FieldBook, typeBook: ActivityTypeBook): Promise<Result<SideSchema>> {
  const [described, types] = await Promise.all([book.read(), typeBook.read()]);
  if ('failure' in described) return { failure: withAdvice(described.failure, 'Read-Write Person') };
  const fields = described.ok.flatMap(toField);
  const entities = { person: Object.fromEntries(fields.map((field) => [field.name, field])) };
  if ('ok' in types) {
    const approved = types.ok.filter(isApproved).flatMap(({ apiName, id }) => (apiName === undefined ? [] : [[apiName, id]]));
    return { ok: { instance, entities, activityTypes: Object.fromEntries(approved), problems: [] } };
  }
  // Without the types nobody can be told of a refusal, but the fields may be known all the same.
  if (types.failure.code !== ACCESS_DENIED) return types;
  return { ok: { instance, entities, problems: [noTypes] } };
}

/** A field that REST does not name cannot be synced. */
function toField({ displayName, dataType, length, rest }: DescribedField): FieldSchema[] {
  if (!rest) return [];
  const writable = !rest.readOnly;
  const isTime = dataType === 'date' || dataType === 'datetime';
  return [
    {
      name: rest.name,
      label: displayName ?? rest.name,
      vendorType: dataType,
      ...(length ? { maxLength: length } : {}),
      ...(isTime ? { dateOnly: dataType === 'date' } : {}),
      required: 'none',
      readable: true,
      creatable: writable,
      updatable: writable,
    },
  ];
}

const ACCESS_DENIED = '603';

const noTypes: Hindrance = {
  finding: 'Marketo does not let the API-only user read custom activity types.',
  fix: grant('Read-Write Activity Metadata'),
};

/** Marketo says "Access denied" and leaves it to us to say which permission is missing. */
export function withAdvice(failure: Failure, permissions: string): Failure {
  if (failure.code !== ACCESS_DENIED) return failure;
  return { ...failure, message: `Marketo denies access. ${grant(permissions)}` };
}
