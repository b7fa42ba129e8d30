/** What is remembered by name: schemas, instance ids, the last cycle. */
import { sql } from 'kysely';
import type { Owner } from '../core/ports';
import type { PlanSummary } from '../core/plan';
import type { SideName, SideSchema, Table } from '../core/types';
import type { UsageLook } from '../core/usage';
import type { Db } from './database';

export interface LastCycle {
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly outcome: string;
  /** Cycles run so far; every sixth re-reads the overlap. */
  readonly count: number;
}

interface Settings {
  'schema/marketo': SideSchema;
  'schema/dynamics': SideSchema;
  /** The instances this store belongs to; another one stops every write. */
  'instance/marketo': string;
  'instance/dynamics': string;
  /** Plain sentences for an administrator, while cycles cannot run. */
  problems: readonly string[];
  cycle: LastCycle;
  /** When the sync had come up for the first time, ISO 8601. */
  readyAt: string;
  /** Dynamics users that campaigns may choose from. */
  owners: readonly Owner[];
  /** More deletes than usual are allowed until then, ISO 8601. */
  deletesApprovedUntil: string;
  /** The fields that were in play when all pairs were last seen to, by table: further ones are filled in afterwards. */
  plannedFields: Readonly<Record<Table, readonly string[]>>;
  /** What the last `mdsync plan` found; its lines are in a table of their own. */
  plan: PlanSummary;
  /** The last two looks at how many calls Marketo has counted. */
  usage: { readonly now: UsageLook; readonly before?: UsageLook };
  /** Key of the keyed hash that names match leases. */
  matchSecret: string;
}
export type SettingName = keyof Settings;

export async function readSetting<N extends SettingName>(
  db: Db,
  name: N,
): Promise<{ readonly value: Settings[N]; readonly updatedAt: Date } | undefined> {
  const row = await db.selectFrom('setting').select(['value', 'updated_at']).where('name', '=', name).executeTakeFirst();
  return row === undefined ? undefined : { value: row.value as Settings[N], updatedAt: row.updated_at };
}

export async function writeSetting<N extends SettingName>(db: Db, name: N, value: Settings[N]): Promise<void> {
  await sql`
    insert into setting (name, value) values (${name}, ${JSON.stringify(value)}::jsonb)
    on conflict (name) do update set value = excluded.value, updated_at = now()`.execute(db);
}

/** Writes a setting only if it has none yet, and answers what it is now. */
export async function claimSetting<N extends SettingName>(db: Db, name: N, value: Settings[N]): Promise<Settings[N]> {
  await sql`insert into setting (name, value) values (${name}, ${JSON.stringify(value)}::jsonb) on conflict do nothing`.execute(
    db,
  );
  const row = await readSetting(db, name);
  return row?.value ?? value;
}

/** Makes the schemas count as old, so that the next cycle of any process reads them again. What they say stays in use until then. */
export async function expireSchemas(db: Db): Promise<void> {
  await sql`update setting set updated_at = to_timestamp(0) where name = any(${Object.values(schemaSetting)})`.execute(db);
}

export const schemaSetting = { marketo: 'schema/marketo', dynamics: 'schema/dynamics' } as const satisfies Record<
  SideName,
  SettingName
>;
export const instanceSetting = { marketo: 'instance/marketo', dynamics: 'instance/dynamics' } as const satisfies Record<
  SideName,
  SettingName
>;
