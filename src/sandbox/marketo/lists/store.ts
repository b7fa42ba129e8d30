/** Static lists and who is on them. Marketo has no endpoint to make one: the control API does. */
import type { SandboxClock } from '../../clock';
import type { Journal } from '../../journal';

export interface StaticList {
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Lists {
  get(id: number): StaticList | undefined;
  all(): readonly StaticList[];
  create(name: string): StaticList;
  members(id: number): readonly number[];
  has(id: number, leadId: number): boolean;
  /** Says whether something changed. */
  add(id: number, leadId: number): boolean;
  remove(id: number, leadId: number): boolean;
  /** The person is gone from every list. */
  forget(leadId: number): void;
  /** The winner of a merge takes the loser's places. */
  replace(loserId: number, winnerId: number): void;
}

const FIRST_ID = 1001;

export function createLists(journal: Journal, clock: SandboxClock): Lists {
  const lists = journal.table<StaticList>('lists');
  // One entry per membership, so that adding one person to a long list stays a small change.
  const memberships = journal.table<true>('listMembers');
  const membersOf = new Map<number, Set<number>>();
  for (const key of memberships.keys()) {
    const [list = 0, lead = 0] = key.split('/').map(Number);
    membersOf.set(list, (membersOf.get(list) ?? new Set()).add(lead));
  }
  const has = (id: number, leadId: number): boolean => membersOf.get(id)?.has(leadId) ?? false;
  const add = (id: number, leadId: number): boolean => {
    if (has(id, leadId)) return false;
    membersOf.set(id, (membersOf.get(id) ?? new Set()).add(leadId));
    memberships.set(`${id}/${leadId}`, true);
    return true;
  };
  const remove = (id: number, leadId: number): boolean => {
    membersOf.get(id)?.delete(leadId);
    return memberships.delete(`${id}/${leadId}`);
  };
  return {
    get: (id) => lists.get(String(id)),
    all: () => [...lists.values()],
    create(name) {
      const now = clock.now().getTime();
      const list = { id: FIRST_ID + lists.size, name, createdAt: now, updatedAt: now };
      lists.set(String(list.id), list);
      return list;
    },
    members: (id) => [...(membersOf.get(id) ?? [])].sort((a, b) => a - b),
    has,
    add,
    remove,
    forget(leadId) {
      for (const id of membersOf.keys()) remove(id, leadId);
    },
    replace(loserId, winnerId) {
      for (const id of membersOf.keys()) if (has(id, loserId)) add(id, winnerId);
    },
  };
}
