/** The two sides as a plan meets them: read as they are, but what is written to them is only noted, and read back as if it were there. */
import type { CreateItem, FindQuery, Result, Side, WriteItem, Written } from '../../core/ports';
import type { Entity, RawValue, RecordRef, SideName, Snapshot, Table } from '../../core/types';
import type { Remotes } from '../deps';

/** One record as it would be written. */
export interface Noted {
  readonly side: SideName;
  readonly act: 'create' | 'update';
  readonly entity: Entity;
  /** Of a person that would be created: a name of our own. */
  readonly id: string;
  readonly values: Readonly<Record<string, RawValue>>;
}

export interface Shadow {
  readonly remotes: Remotes;
  readonly noted: readonly Noted[];
}

/** What the id of a person begins with who would be created. */
const NEW = 'new-';

export function shadowOf({ marketo, dynamics }: Remotes): Shadow {
  const noted: Noted[] = [];
  const note = (one: Noted): void => void noted.push(one);
  return {
    noted,
    remotes: {
      marketo: {
        ...marketo,
        ...shadowSide(marketo, note),
        add: async (items) => items.map(() => ({ ok: 'added' as const })),
        has: async () => ({ ok: false }),
        setUp: async () => ({ ok: { createdFields: [], preparedTypes: [] } }),
      },
      dynamics: { ...dynamics, ...shadowSide(dynamics, note) },
    },
  };
}

const keyOf = ({ entity, id }: RecordRef): string => `${entity}/${id}`;

function shadowSide(side: Side, note: (one: Noted) => void): Pick<Side, 'read' | 'write' | 'create' | 'find'> {
  const created = new Map<string, Snapshot>();
  const changed = new Map<string, Readonly<Record<string, RawValue>>>();

  const over = (snapshot: Snapshot): Snapshot => {
    const values = changed.get(keyOf(snapshot));
    return values === undefined ? snapshot : { ...snapshot, values: { ...snapshot.values, ...values } };
  };

  return {
    async read(refs, fields) {
      const real = refs.filter((ref) => !created.has(keyOf(ref)));
      const answers = real.length > 0 ? await side.read(real, fields) : [];
      const byKey = new Map(real.map((ref, index) => [keyOf(ref), answers[index]]));
      return refs.map((ref): Result<Snapshot | undefined> => {
        const own = created.get(keyOf(ref));
        if (own !== undefined) return { ok: over(asked(own, fields[ref.entity] ?? [])) };
        const answer = byKey.get(keyOf(ref));
        if (answer === undefined || 'failure' in answer) return answer ?? { ok: undefined };
        return { ok: answer.ok === undefined ? undefined : over(answer.ok) };
      });
    },

    async write(items: readonly WriteItem[]) {
      return items.map((item): Result<Written> => {
        const { entity, id, values } = item;
        note({ side: side.name, act: 'update', entity, id, values });
        changed.set(keyOf(item), { ...changed.get(keyOf(item)), ...values });
        return { ok: { entity, id, ...(item.version === undefined ? {} : { version: item.version }) } };
      });
    },

    async create(items: readonly CreateItem[]) {
      return items.map((item): Result<Written> => {
        const made = side.name === 'marketo' ? newPerson(item) : newRow(item);
        if (!created.has(keyOf(made)))
          note({ side: side.name, act: 'create', entity: made.entity, id: made.id, values: item.values });
        created.set(keyOf(made), made);
        return { ok: { entity: made.entity, id: made.id } };
      });
    },

    async find(query: FindQuery) {
      const answers = await side.find(query);
      return answers.map((answer, index): Result<readonly Snapshot[]> => {
        if ('failure' in answer) return answer;
        const wanted = query.values[index]?.toLowerCase();
        const own = [...created.values()].filter(
          ({ entity, values }) => entity === query.entity && String(values[query.by] ?? '').toLowerCase() === wanted,
        );
        return { ok: [...answer.ok, ...own.map((one) => asked(one, query.fields))].map(over) };
      });
    },
  };
}

/** As a side answers: every field that was asked for, null where there is nothing. */
function asked(snapshot: Snapshot, fields: readonly string[]): Snapshot {
  return { ...snapshot, values: { ...Object.fromEntries(fields.map((field) => [field, null])), ...snapshot.values } };
}

/** The row's GUID is what Marketo finds a person by that is created for it. */
function newPerson({ key, values }: CreateItem): Snapshot {
  return { entity: 'person', id: `${NEW}${key}`, values: { ...values, microsoftId: key } };
}

function newRow({ entity, key, values }: CreateItem): Snapshot {
  const table: Table = entity === 'contact' ? 'contact' : 'lead';
  return {
    entity: table,
    id: key,
    values: { ...values, $id: key, $table: table === 'contact' ? 'Contact' : 'Lead', $deleted: false },
    version: 'planned',
    control: { state: 0, filter: null, masterId: null, originatingLeadId: null },
  };
}
