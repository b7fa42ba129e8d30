/** A lead that was qualified: its contact takes over the person, whichever of the two rows arrives first. */
import { sql } from 'kysely';
import type { Lane } from '../core/types';
import { type Database, type Db, inTransaction } from './database';
import { closeIfUnchanged } from './inbox';
import { joinHalf } from './joining';
import { type RunRef, standing } from './pairs';
import { openReview } from './settle';

export interface LeadPair {
  readonly pairId: number;
  readonly marketoId: string;
}

/** The live pair of the lead that a contact came from. */
export async function pairOfLead(db: Db, leadId: string): Promise<LeadPair | undefined> {
  const { rows } = await sql<LeadPair>`
    select p.id as "pairId", m.id as "marketoId"
    from identity d
      join pair p on p.id = d.pair_id and p.state = 'live'
      join identity m on m.pair_id = p.id and m.side = 'marketo' and m.current
    where d.side = 'dynamics' and d.entity = 'lead' and d.id = ${leadId} and d.current`.execute(db);
  return rows[0];
}

/** The live pair whose contact names this lead as its origin. */
export async function pairFromLead(db: Db, leadId: string): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    select id from pair where control->>'originatingLeadId' = ${leadId} and table_name = 'contact' and state = 'live' limit 1`.execute(
    db,
  );
  return rows[0]?.id;
}

export type TakeOver = 'linked' | 'review' | 'superseded';

/**
 * Moves the lead's person to the contact: authority flips to Dynamics, the lead's GUID becomes a former identity, and what was agreed on
 * for the fields in `carried` (mapped on both tables) stays agreed, as it was when the contact was made. The contact's own pending pair gives
 * way.
 */
export async function takeOverFromLead(
  db: Database,
  args: {
    readonly run: RunRef;
    readonly contactId: string;
    readonly lead: LeadPair;
    readonly carried: readonly string[];
    readonly lane: Lane;
  },
): Promise<TakeOver> {
  const { run, contactId, lead, carried, lane } = args;
  return inTransaction(db, async (tx) => {
    if ((await standing(tx, run)) !== 'held') return 'superseded';
    await closeIfUnchanged(tx, run, 'linked');
    const half = { side: 'dynamics', entity: 'contact', id: contactId } as const;
    if (!(await joinHalf(tx, { ...lead, half, lane, outcome: 'linked' }))) {
      await openReview(tx, run, { kind: 'twoLivePairs', detail: { microsoftId: contactId, marketoId: lead.marketoId } });
      return 'review';
    }
    await sql`
      update pair set epoch = epoch + 1, control = null,
        baseline = coalesce((
          select jsonb_object_agg(key, coalesce(value->'beforeContact', value)) from jsonb_each(baseline)
          where key = any(${carried}) and value->'beforeContact' is distinct from 'null'::jsonb), '{}')
      where id = ${lead.pairId}`.execute(tx);
    return 'linked';
  });
}

/** A qualified lead that arrives after its contact was paired: known from now on as a former identity, and left alone. */
export async function adoptFormerLead(
  db: Database,
  args: { readonly run: RunRef; readonly leadId: string; readonly contactPairId: number },
): Promise<boolean> {
  const { run, leadId, contactPairId } = args;
  return inTransaction(db, async (tx) => {
    if ((await standing(tx, run)) !== 'held') return false;
    await closeIfUnchanged(tx, run, 'unchanged');
    await sql`
      update identity set pair_id = ${contactPairId}, current = false
      where side = 'dynamics' and entity = 'lead' and id = ${leadId} and pair_id = ${run.pairId}`.execute(tx);
    await sql`update inbox set pair_id = ${contactPairId} where pair_id = ${run.pairId}`.execute(tx);
    await sql`delete from pair where id = ${run.pairId} and state = 'pending'`.execute(tx);
    return true;
  });
}
