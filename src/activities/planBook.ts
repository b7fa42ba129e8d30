/** Fields in play: the mapping compiled against what both sides said about their fields, kept fresh. */
import { compilePlan, fieldsToRead } from '../core/mapping';
import type { Failure, Log, Result } from '../core/ports';
import type { Mapping, SideName, SideSchema, Table, TablePlan } from '../core/types';
import type { Database } from '../store/database';
import { dropBaselines, queueAllPairs } from '../store/backfill';
import { type Parked, parkedFields } from '../store/parking';
import { claimSetting, expireSchemas, instanceSetting, readSetting, schemaSetting, writeSetting } from '../store/settings';
import { ACTIVITY } from './activityTypes';
import type { Remotes } from './deps';
import { refreshOwners } from './flowStep/owners';
import { lookAtUsage } from './usage';

/** Fields and activity types that `mdsync setup` makes, and without which nothing can be explained to Marketo's users. */
const NEEDED_FIELDS = ['microsoftId', 'microsoftType', 'microsoftIsDeleted'];

const FRESH_FOR_MS = 60 * 60_000;
/** Within one process the stored schema is looked at again this often, so that another process's refresh is noticed. */
const REMEMBER_FOR_MS = 5_000;

export interface Plans {
  readonly tables: Readonly<Record<Table, TablePlan>>;
  readonly fields: { readonly person: readonly string[]; readonly contact: readonly string[]; readonly lead: readonly string[] };
  readonly schemas: Readonly<Record<SideName, SideSchema>>;
}

export type Readiness =
  | { readonly ready: Plans }
  /** Sentences for an administrator: until they are mended, cycles end and keep their rows. */
  | { readonly problems: readonly string[] }
  | { readonly failed: { readonly side: SideName; readonly failure: Failure } };

export interface PlanBook {
  /**
   * The plans. The schemas are read again when this process asks for the first time, when they are an hour old, in doubt or incomplete, or
   * when `again` is asked for.
   */
  prepare(again?: boolean): Promise<Readiness>;
  /** Something does not fit what the schemas say: the next cycle reads them again. */
  doubt(): Promise<void>;
  /**
   * A column was found closed. The permissions are read at once, so that its field is known to have been out of play even if the column is
   * open again before the next cycle: a closed one is answered as empty, and whoever edited it meanwhile was not heard.
   */
  doubtPermissions(): Promise<void>;
  /** The plans as last prepared by any process. Throws when no cycle has prepared them yet. */
  current(): Promise<Plans>;
  /**
   * The plans with permissions of Dynamics that were read later than `atMs` (by this process' clock). Only they say whether a column that
   * was answered as empty then may be read at all: a secured one is answered just so.
   */
  since(atMs: number): Promise<Result<Plans>>;
}

export function createPlanBook(deps: {
  db: Database;
  mapping: Mapping;
  remotes: Remotes;
  log: Log;
  now: () => number;
}): PlanBook {
  const { db, mapping, log } = deps;
  let remembered: { plans: Plans; updatedAt: number; readAt: number; version: string } | undefined;

  type Stored = { readonly plans: Plans; readonly updatedAt: number };
  let looking: Promise<Stored | undefined> | undefined;

  /** Hundreds of records ask at one moment: one look answers them all. */
  const stored = (): Promise<Stored | undefined> => {
    if (remembered && deps.now() - remembered.readAt < REMEMBER_FOR_MS) return Promise.resolve(remembered);
    looking ??= look().finally(() => (looking = undefined));
    return looking;
  };

  const look = async (): Promise<Stored | undefined> => {
    const [marketo, dynamics] = await Promise.all([
      readSetting(db, schemaSetting.marketo),
      readSetting(db, schemaSetting.dynamics),
    ]);
    if (!marketo || !dynamics) return undefined;
    const updatedAt = Math.min(marketo.updatedAt.getTime(), dynamics.updatedAt.getTime());
    const parked = await parkedFields(db);
    const version = JSON.stringify([updatedAt, [...parked.keys()].sort()]);
    const plans = remembered?.version === version ? remembered.plans : compile(mapping, marketo.value, dynamics.value, parked);
    remembered = { plans, updatedAt, readAt: deps.now(), version };
    return { plans, updatedAt };
  };

  /** Each reason once: the schemas are read every hour, and nobody wants to be told every hour. */
  const told = new Set<string>();
  const tellLeftOut = ({ tables }: Plans): void => {
    for (const { table, leftOut } of Object.values(tables))
      for (const { marketo: field, reason, fix, optional = false } of leftOut) {
        const line = `${table}/${field}: ${reason}`;
        if (told.has(line)) continue;
        told.add(line);
        if (optional) log.info({ table, field, reason }, 'optional field is not there');
        else log.warn({ table, field, reason, fix }, 'field left out');
      }
  };

  /** The last reading of Dynamics' permissions that began, and how it ended. */
  let permissions: { readonly beganAt: number; readonly read: Promise<Result<SideSchema>> } | undefined;

  const permissionsSince = (atMs: number): Promise<Result<SideSchema>> => {
    if (permissions === undefined || permissions.beganAt <= atMs) permissions = { beganAt: deps.now(), read: readPermissions() };
    return permissions.read;
  };

  const readPermissions = async (): Promise<Result<SideSchema>> => {
    const answer = await deps.remotes.dynamics.schema();
    if ('failure' in answer) permissions = undefined;
    else await writeSetting(db, schemaSetting.dynamics, answer.ok);
    remembered = undefined;
    if ('ok' in answer) await seeOut();
    return answer;
  };

  /** Fields that are not in play by now are marked so; those that came into play are the next cycle's to see. */
  const seeOut = async (): Promise<void> => {
    const before = (await readSetting(db, 'plannedFields'))?.value;
    const known = before === undefined ? undefined : await look();
    if (before === undefined || known === undefined) return;
    const marked = (table: Table): readonly string[] => {
      const inPlay = new Set(known.plans.tables[table].fields.map(({ marketo }) => marketo));
      return before[table].map((line) => (isOut(line) || inPlay.has(fieldOf(line)) ? line : line + OUT)).sort();
    };
    const now = { contact: marked('contact'), lead: marked('lead') };
    if (JSON.stringify(before) !== JSON.stringify(now)) await writeSetting(db, 'plannedFields', now);
  };

  const refresh = async (): Promise<Readiness> => {
    const schemas = await Promise.all([deps.remotes.marketo.schema(), deps.remotes.dynamics.schema()]);
    for (const [index, side] of (['marketo', 'dynamics'] as const).entries()) {
      const answer = schemas[index];
      if (answer && 'failure' in answer) return { failed: { side, failure: answer.failure } };
      if (answer) await writeSetting(db, schemaSetting[side], answer.ok);
    }
    await Promise.all([refreshOwners(deps), lookAtUsage(deps)]);
    // Afresh: a look that is under way may not have seen these.
    const fresh = await look();
    if (!fresh) throw new Error('The schemas were read but are not in the store');
    const problems = await problemsOf(db, fresh.plans);
    if (problems.length > 0) return { problems };
    tellLeftOut(fresh.plans);
    return { ready: fresh.plans };
  };

  /** Fields that came into play since the pairs were last seen to have no baseline: they are filled in behind the live changes. */
  const ready = async (plans: Plans): Promise<Readiness> => {
    const before = (await readSetting(db, 'plannedFields'))?.value;
    // Asked afresh: a field may have been parked since the plans were remembered, and must be seen out before it can be seen back.
    const parked = await parkedFields(db);
    const lines = (table: Table): readonly string[] => linesOf(withoutParked(plans.tables[table], parked), before?.[table]);
    const now = { contact: lines('contact'), lead: lines('lead') };
    if (JSON.stringify(before) === JSON.stringify(now)) return { ready: plans };
    for (const table of ['contact', 'lead'] as const) {
      const added = now[table].filter((line) => before !== undefined && !isOut(line) && !before[table].includes(line));
      if (added.length === 0) continue;
      // What was agreed on with another column says nothing about this one: its blank would look like a clear.
      const remapped = added.filter((line) =>
        before?.[table].some((known) => fieldOf(known) === fieldOf(line) && known !== line + OUT),
      );
      await dropBaselines(db, table, remapped.map(fieldOf));
      log.info({ table, fields: added.map(fieldOf), pairs: await queueAllPairs(db, table) }, 'new fields are filled in');
    }
    await writeSetting(db, 'plannedFields', now);
    return { ready: plans };
  };

  const current = async (): Promise<Plans> => {
    const known = await stored();
    if (!known) throw new Error('No cycle has read the schemas of both sides yet');
    return known.plans;
  };

  /** Since this process started, which may have been long after the schemas were read. */
  let refreshed = false;

  return {
    async prepare(again = false) {
      const known = again || !refreshed ? undefined : await stored();
      if (known && deps.now() - known.updatedAt < FRESH_FOR_MS) {
        const problems = await problemsOf(db, known.plans);
        if (problems.length === 0) return ready(known.plans);
      }
      const fresh = await refresh();
      refreshed ||= !('failed' in fresh);
      return 'ready' in fresh ? ready(fresh.ready) : fresh;
    },
    async doubt() {
      await expireSchemas(db);
      remembered = undefined;
    },
    async doubtPermissions() {
      // Many records are refused at one moment: one look answers them all.
      await permissionsSince(deps.now() - REMEMBER_FOR_MS);
    },
    current,
    async since(atMs) {
      const answer = await permissionsSince(atMs);
      return 'failure' in answer ? answer : { ok: await current() };
    },
  };
}

/** Marks a field that was in play and is not now (parked, unreadable, unmapped): what was agreed on for it is still true. */
const OUT = ' out';
const isOut = (line: string): boolean => line.endsWith(OUT);
const fieldOf = (line: string): string => line.split(' ')[0] ?? line;

/** What the baselines of a table are true for: the column and type of each field that is, or was, in play. */
function linesOf(plan: TablePlan, before: readonly string[] = []): readonly string[] {
  const inPlay = plan.fields.map(({ marketo, column, type }) => `${marketo} ${column} ${type}`);
  const names = new Set(inPlay.map(fieldOf));
  const out = before.filter((line) => !names.has(fieldOf(line))).map((line) => (isOut(line) ? line : line + OUT));
  return [...inPlay, ...out].sort();
}

function compile(mapping: Mapping, marketo: SideSchema, dynamics: SideSchema, parked: Parked): Plans {
  const planOf = (table: Table): TablePlan => withoutParked(compilePlan(mapping, table, marketo, dynamics), parked);
  const contact = planOf('contact');
  const lead = planOf('lead');
  return { tables: { contact, lead }, fields: fieldsToRead([contact, lead]), schemas: { marketo, dynamics } };
}

function withoutParked(plan: TablePlan, parked: Parked): TablePlan {
  const reasonOf = (name: string): string | undefined => parked.get(`${plan.table}/${name}`);
  const out = plan.fields
    .flatMap(({ marketo }) => ({ marketo, reason: reasonOf(marketo) ?? '' }))
    .filter(({ reason }) => reason !== '');
  return {
    ...plan,
    fields: plan.fields.filter((field) => reasonOf(field.marketo) === undefined),
    leftOut: [...plan.leftOut, ...out],
  };
}

/** What `mdsync setup` would create, in words. */
export function missingInMarketo(marketo: SideSchema): readonly string[] {
  const { entities, activityTypes: types } = marketo;
  const fields = NEEDED_FIELDS.filter((field) => entities.person?.[field] === undefined);
  // Types that may not be read are nothing to create: that they may not is told on its own.
  const unapproved = types === undefined ? [] : Object.values(ACTIVITY).filter((type) => types[type] === undefined);
  return [
    ...fields.map((field) => `person field ${field}`),
    ...unapproved.map((type) => `approved custom activity type ${type}`),
  ];
}

async function problemsOf(db: Database, plans: Plans): Promise<readonly string[]> {
  const { marketo, dynamics } = plans.schemas;
  const missing = missingInMarketo(marketo);
  const problems = [...marketo.problems, ...dynamics.problems].map(({ finding, fix }) => `${finding} ${fix}`);
  if (missing.length > 0) problems.push(`Marketo lacks ${missing.join(', ')}. Run "mdsync setup", which creates them.`);
  for (const [side, schema] of Object.entries(plans.schemas) as [SideName, SideSchema][]) {
    const known = await claimSetting(db, instanceSetting[side], schema.instance);
    if (known !== schema.instance)
      problems.push(
        `This store belongs to the ${side} instance ${known}, but the settings point at ${schema.instance}. ` +
          'Nothing is written until they agree: mend the settings, or start with an empty database.',
      );
  }
  return problems;
}
