import { sql } from 'kysely';
import type { Db } from './database';

/** Marketo's answer to whoever writes while its own CRM sync is on. */
export const CRM_ENABLED = '1018';

/** Whether Marketo has refused open work because its own CRM sync is on: it says so to writes alone. */
export async function nativeSyncMet(db: Db): Promise<boolean> {
  const { rows } = await sql<{ met: boolean }>`
    select exists (select 1 from inbox where state <> 'closed' and failure_code = ${CRM_ENABLED})
      or exists (select 1 from limits where side = 'marketo' and block_code = ${CRM_ENABLED} and blocked_until > now())
      or exists (select 1 from rejection where closed_at is null and code = ${CRM_ENABLED}) as met`.execute(db);
  return rows[0]?.met ?? false;
}
