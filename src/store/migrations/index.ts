import type { Migration, MigrationProvider } from 'kysely';
import * as first from './0001_first';
import * as flowStep from './0002_flow_step';
import * as cases from './0003_cases';
import * as plan from './0004_plan';
import * as fence from './0005_fence';
import * as caller from './0006_caller';
import * as goneVersion from './0007_gone_version';
import * as usage from './0008_usage';
import * as sameRefusal from './0009_same_refusal';
import * as origin from './0010_origin';

/** Migrations by name, in order. A released one is never edited: the next change is a new file. */
export const migrations: MigrationProvider = {
  getMigrations: async (): Promise<Record<string, Migration>> => ({
    '0001_first': first,
    '0002_flow_step': flowStep,
    '0003_cases': cases,
    '0004_plan': plan,
    '0005_fence': fence,
    '0006_caller': caller,
    '0007_gone_version': goneVersion,
    '0008_usage': usage,
    '0009_same_refusal': sameRefusal,
    '0010_origin': origin,
  }),
};
