/** The Dynamics side: everything the sync asks of Dataverse, joined. */
import type { Clock, Failure, Log, OwnerDirectory, Pace, Result, Side } from '../core/ports';
import type { HttpClient } from '../remote/http';
import type { TokenSource } from '../remote/tokens';
import { createApi } from './api';
import { readChanges } from './changes';
import { findRows } from './find';
import { createModelBook } from './modelBook';
import { findOwner, listOwners } from './owners';
import { createRows, readRows, writeRows } from './rows';
import { type Model, TABLES } from './tables';

export interface DataverseOptions {
  /** The environment, for example `https://contoso.crm.dynamics.com`. */
  readonly url: string;
  readonly http: HttpClient;
  readonly tokens: TokenSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly pace?: Pace;
}

/** The client of one Dataverse environment. Nothing is asked before the first call. */
export function createDataverse(options: DataverseOptions): Side & OwnerDirectory {
  const api = createApi(options);
  const models = createModelBook(api, options.clock);

  /** Runs a read with the columns as known, and once more with columns read anew when Dataverse does not know one of them any more. */
  async function withModel<T>(
    fields: Parameters<typeof models.current>[0],
    run: (model: Model) => Promise<readonly Result<T>[]>,
  ): Promise<Result<readonly Result<T>[]>> {
    const model = await models.current(fields);
    if ('failure' in model) return model;
    const results = await run(model.ok);
    if (!results.some((result) => 'failure' in result && namesLostColumn(result.failure))) return { ok: results };
    options.log.warn({}, 'a column that was selected is gone: the columns are read anew');
    const fresh = await models.refresh();
    return 'failure' in fresh ? fresh : { ok: await run(fresh.ok) };
  }

  return {
    name: 'dynamics',
    feeds: TABLES,
    async changes(request) {
      const results = await withModel(request.fields, async (model) => [await readChanges(api, model, options.clock, request)]);
      if ('failure' in results) return results;
      const [page] = results.ok;
      if (page === undefined) throw new Error('One request has one result');
      return page;
    },
    async read(refs, fields) {
      if (refs.length === 0) return [];
      const results = await withModel(fields, (model) => readRows(api, model, refs, fields));
      return 'failure' in results ? refs.map(() => results) : [...results.ok];
    },
    write: (items) => writeRows(api, models.known(), items),
    create: (items) => createRows(api, models.known(), items),
    async find(query) {
      if (query.values.length === 0) return [];
      const results = await withModel({ [query.entity]: query.fields }, (model) => findRows(api, model, query));
      return 'failure' in results ? query.values.map(() => results) : [...results.ok];
    },
    async schema() {
      const model = await models.refresh();
      return 'failure' in model ? model : { ok: model.ok.schema };
    },
    findOwner: (idOrEmail) => findOwner(api, idOrEmail),
    listOwners: (limit) => listOwners(api, limit),
  };
}

/** A read refused because of a column's name: it was deleted since the columns were read. */
function namesLostColumn(failure: Failure): boolean {
  return failure.kind === 'config' && failure.scope === 'request' && failure.field !== undefined;
}
