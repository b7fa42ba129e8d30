/** What the product writes, with what each record held just before. */
import type { Write } from '../../support/tap';
import type { World } from '../../support/world';
import { FIELDS } from './plans';
import type { Json } from './rest';

/** One write as it left the product. */
export interface Seen extends Write {
  /** Absent when the write makes the record. */
  readonly before: Json | undefined;
  /** Whether the contacts' job title was closed to the sync at that time. */
  readonly secured: boolean;
  /** What the person's contact holds in the closed column, which the sync cannot see. */
  readonly hidden?: unknown;
}

export async function seeWrites(world: World, writes: readonly Write[], secured: boolean): Promise<readonly Seen[]> {
  const updates = writes.filter(({ act }) => act === 'update');
  const ofPeople = updates.filter(({ entity }) => entity === 'person');
  const fields = new Set(['microsoftId', ...ofPeople.flatMap(({ values }) => Object.keys(values))]);
  const found = await world.marketer.people(
    ofPeople.flatMap(({ id }) => id ?? []),
    [...fields],
  );
  const people = new Map<string, Json>(found.map((person) => [String(person['id']), person]));
  return Promise.all(
    writes.map(async (write): Promise<Seen> => {
      const { act, entity, id = '' } = write;
      if (act === 'create') return { ...write, before: undefined, secured };
      if (entity !== 'person') return { ...write, before: await world.sales.row(entity, id), secured };
      const before = people.get(id);
      if (!secured || !('title' in write.values)) return { ...write, before, secured };
      const contactId = before?.['microsoftId'];
      const contact = typeof contactId === 'string' ? await world.sales.row('contacts', contactId) : undefined;
      return { ...write, before, secured, hidden: contact?.[FIELDS.title] };
    }),
  );
}
