/** Keeps what the environment said about itself, so that reads need not ask each time. */
import type { Clock, Result } from '../core/ports';
import type { Table } from '../core/types';
import type { Api } from './api';
import { readModel } from './schema';
import { type Model, TABLES } from './tables';

export interface ModelBook {
  /** The model at hand (callers at the same time share one read), or a new one when it is an hour old, or older than a minute and lacks a column that is asked for. */
  current(asked: Readonly<Partial<Record<Table, readonly string[]>>>): Promise<Result<Model>>;
  /** Reads the model anew, beginning now: permissions are only proof when they were read after what they explain. */
  refresh(): Promise<Result<Model>>;
  /** What is at hand, however old. */
  known(): Model | undefined;
}

const GOOD_FOR_MS = 60 * 60_000;
/** A mapping may name a column that exists nowhere: it must not cost a schema read with every request. */
const RECHECK_AFTER_MS = 60_000;

export function createModelBook(api: Api, clock: Clock): ModelBook {
  let held: { readonly model: Model; readonly readAtMs: number } | undefined;
  let pending: Promise<Result<Model>> | undefined;

  const fetchModel = async (): Promise<Result<Model>> => {
    const readAtMs = clock.now().getTime();
    const result = await readModel(api);
    if ('ok' in result) held = { model: result.ok, readAtMs };
    return result;
  };
  const shared = (): Promise<Result<Model>> => {
    pending ??= fetchModel().finally(() => {
      pending = undefined;
    });
    return pending;
  };

  return {
    refresh: fetchModel,
    known: () => held?.model,
    async current(asked) {
      if (held === undefined) return shared();
      const ageMs = clock.now().getTime() - held.readAtMs;
      const outdated = ageMs > GOOD_FOR_MS || (ageMs > RECHECK_AFTER_MS && lacks(held.model, asked));
      return outdated ? shared() : { ok: held.model };
    },
  };
}

function lacks(model: Model, asked: Readonly<Partial<Record<Table, readonly string[]>>>): boolean {
  return TABLES.some((table) => asked[table]?.some((column) => !column.startsWith('$') && !model.columns[table].has(column)));
}
