/** What Marketo says about its person fields, kept for the few places where a name has to be found or a field has vanished. */
import type { Log, Result } from '../core/ports';
import type { Api } from './api';
import { type DescribedField, describedFieldShape } from './envelope';

export interface FieldBook {
  /** Describes the fields anew. */
  read(): Promise<Result<readonly DescribedField[]>>;
  /** The REST name of a field that an activity names by id, or by its label on the screens; `undefined` when that cannot be told. */
  nameOf(id: string | undefined, label: string | undefined): Promise<string | undefined>;
  /**
   * Runs a read of `fields`. A field that Marketo does not know any more would fail the whole read: it is left out, loudly, until the
   * fields are described anew.
   */
  reading<T>(fields: readonly string[], run: (existing: readonly string[]) => Promise<Result<T>>): Promise<Result<T>>;
}

const FIELD_NOT_FOUND = '1006';

export function createFieldBook(api: Api, log: Log): FieldBook {
  let described: readonly DescribedField[] | undefined;
  const vanished = new Set<string>();

  const read = async (): Promise<Result<readonly DescribedField[]>> => {
    const reply = await api.get('/rest/v1/leads/describe.json', {}, describedFieldShape, { doing: 'look' });
    if ('failure' in reply) return reply;
    described = reply.ok.items;
    vanished.clear();
    return { ok: described };
  };

  return {
    read,
    async nameOf(id, label) {
      if (described === undefined) await read();
      const field = described?.find((one) => (id === undefined ? one.displayName === label : one.id === id));
      return field?.rest?.name;
    },
    async reading(fields, run) {
      for (;;) {
        const result = await run(fields.filter((field) => !vanished.has(field)));
        if ('ok' in result) return result;
        const { code, field } = result.failure;
        const lost = code === FIELD_NOT_FOUND && field !== undefined && fields.includes(field) && !vanished.has(field);
        if (!lost) return result;
        log.warn({ field }, 'Marketo has this person field no more: it is left out of what is read');
        vanished.add(field);
      }
    },
  };
}
