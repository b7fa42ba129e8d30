/** What happened to people: an append-only log, read in the order of the dates. */
import type { SandboxClock } from '../../clock';
import type { Journal } from '../../journal';

/** Ids of the activity types that Marketo itself writes here. */
export const TYPE = {
  fillOutForm: 2,
  newLead: 12,
  changeDataValue: 13,
  changeScore: 22,
  addToList: 24,
  removeFromList: 25,
  mergeLeads: 32,
  addToOpportunity: 34,
  deleteLead: 37,
  requestCampaign: 47,
  changePartition: 100,
  callWebhook: 110,
  pushLead: 145,
} as const;

export interface Activity {
  readonly id: number;
  readonly type: number;
  readonly lead: number;
  /** `activityDate` in milliseconds. */
  readonly at: number;
  /** An entry that arrives late is not in any feed before this time. */
  readonly visibleAt?: number;
  /** The smart campaign that caused it. */
  readonly campaign?: number;
  readonly primary?: string;
  readonly primaryId?: number;
  /** By attribute name; empty ones are left out of answers. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** The field of a Change Data Value or Change Score, with both values as text. */
  readonly change?: { readonly field: string; readonly from?: string; readonly to?: string };
}

export type NewActivity = Omit<Activity, 'id' | 'at' | 'visibleAt'> & { readonly at?: number };

export interface ActivityLog {
  append(activity: NewActivity): Activity;
  /** All entries by date, then id. */
  sorted(): readonly Activity[];
  /** The next so many entries appear in the feeds only after that time, at the place of their date. */
  holdBack(times: number, delaySeconds: number): void;
}

export const byDate = (a: Pick<Activity, 'at' | 'id'>, b: Pick<Activity, 'at' | 'id'>): number => a.at - b.at || a.id - b.id;

export function createActivityLog(journal: Journal, clock: SandboxClock): ActivityLog {
  const table = journal.table<Activity>('activities');
  const counter = journal.table<number>('counters');
  const entries = [...table.values()].sort(byDate);
  let inOrder = true;
  let held = { times: 0, delayMs: 0 };

  return {
    append(activity) {
      const id = (counter.get('activity') ?? 0) + 1;
      counter.set('activity', id);
      const at = activity.at ?? clock.now().getTime();
      const isHeld = held.times > 0;
      if (isHeld) held = { ...held, times: held.times - 1 };
      const entry: Activity = { id, ...activity, at, ...(isHeld && { visibleAt: clock.now().getTime() + held.delayMs }) };
      const last = entries.at(-1);
      if (last !== undefined && byDate(last, entry) > 0) inOrder = false;
      entries.push(entry);
      table.set(String(id), entry);
      return entry;
    },
    sorted() {
      if (!inOrder) entries.sort(byDate);
      inOrder = true;
      return entries;
    },
    holdBack(times, delaySeconds) {
      held = { times, delayMs: delaySeconds * 1000 };
    },
  };
}
