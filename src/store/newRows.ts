/** What becomes of rows and people that no pair has. */
import type { Change } from '../core/ports';
import type { Lane } from '../core/types';
import { recordKey } from '../temporal/names';
import type { Db } from './database';
import type { InboxEntry } from './inbox';

export const keyOf = ({ entity, id }: { readonly entity: string; readonly id: string }): string => `${entity}/${id}`;

/** Whether a row is no reason to make a person. */
const isOut = ({ kind, snapshot }: Change): boolean => kind === 'deleted' || snapshot?.control?.filter === false;

/** Which of the rows that were deleted, or are not to be synced any more, are open in the inbox. */
export async function waitingRows(tx: Db, changes: readonly Change[]): Promise<ReadonlySet<string>> {
  const refs = new Map(
    changes.flatMap((change) =>
      change.entity !== 'person' && isOut(change) ? [[recordKey.row(change.entity, change.id), keyOf(change)] as const] : [],
    ),
  );
  if (refs.size === 0) return new Set();
  const rows = await tx
    .selectFrom('inbox')
    .select('key')
    .where('key', 'in', [...refs.keys()])
    .where('state', '<>', 'closed')
    .execute();
  return new Set(rows.flatMap(({ key }) => refs.get(key) ?? []));
}

/**
 * People that exist only in Marketo are never pushed by themselves; a new row becomes a person unless its filter says No. One that already
 * waits for its person is looked at again whatever became of it, because what its feed has carried is not true any more.
 */
export function unknownRecord(change: Change, isWaiting: boolean, lane: Lane): InboxEntry | 'notOurs' {
  if (change.entity === 'person') return 'notOurs';
  if (!isWaiting && isOut(change)) return 'notOurs';
  const { entity, id } = change;
  return { key: recordKey.row(entity, id), kind: 'record', lane, entity, id, ...carriedRow(change) };
}

export const carriedRow = ({ entity, snapshot }: Change): Pick<InboxEntry, 'row'> =>
  entity === 'person' || snapshot === undefined ? {} : { row: snapshot };
