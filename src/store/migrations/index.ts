import type { Migration, MigrationProvider } from 'kysely';
import * as first from './0001_first';
import * as flowStep from './0002_flow_step';

/** Migrations by name, in order. A released one is never edited: the next change is a new file. */
export const migrations: MigrationProvider = {
  getMigrations: async (): Promise<Record<string, Migration>> => ({ '0001_first': first, '0002_flow_step': flowStep }),
};
