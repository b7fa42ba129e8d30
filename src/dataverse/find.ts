/** Finds active rows by the value of a column. */
import { isGuid } from '../core/guid';
import type { FindQuery, Result } from '../core/ports';
import type { Snapshot, Table } from '../core/types';
import { type Api, objectOf, type Operation } from './api';
import { objectsIn } from './json';
import { selectList, toSnapshot, WITH_LABELS } from './snapshot';
import { type Column, isTable, type Model, NAMES } from './tables';

/** Several values share one query; a URL in a batch may have 64 kB. */
const VALUES_PER_QUERY = 20;
/** Keeps a value that many rows share (an info@ address, say) from being read for ever. */
const MAX_PAGES = 10;

type Found = Result<readonly Snapshot[]>;

/**
 * For each value the active rows that have it. Dataverse compares without regard to case, and so is the answer divided among the values;
 * a row that fits none of them exactly (collations also ignore accents) belongs to none.
 */
export async function findRows(api: Api, model: Model, query: FindQuery): Promise<Found[]> {
  const { entity, by, values } = query;
  const column = isTable(entity) ? model.columns[entity].get(by) : undefined;
  const name = column?.select;
  // An unreadable column would find nothing, and nothing found means that a second row may be created.
  if (!isTable(entity) || column === undefined || name === undefined || !column.field.readable)
    return values.map(() => ({
      failure: {
        kind: 'config',
        scope: 'request',
        code: 'unknownColumn',
        field: by,
        message: `There is no column ${by} that may be searched by`,
      },
    }));
  const usable = [...new Set(values.map(fold))].filter((value) => literal(column, value) !== undefined);
  const chunks: string[][] = [];
  for (let start = 0; start < usable.length; start += VALUES_PER_QUERY)
    chunks.push(usable.slice(start, start + VALUES_PER_QUERY));

  const asked = [...new Set([...query.fields, by])];
  const select = selectList(model.columns[entity], asked).join(',');
  const operations = chunks.map((chunk): Operation => {
    const anyOf = chunk.map((value) => `${name} eq ${literal(column, value)}`).join(' or ');
    const filter = encodeURIComponent(`statecode eq 0 and (${anyOf})`);
    const path = `${NAMES[entity].entitySet}?$select=${select}&$filter=${filter}`;
    return { method: 'GET', path, headers: { Prefer: WITH_LABELS }, asked: { doing: 'look' } };
  });
  const answers = await readPages(api, model, entity, asked, operations);

  const found = new Map<string, Found>();
  for (const [index, chunk] of chunks.entries()) {
    const answer = answers[index];
    for (const value of chunk)
      found.set(
        value,
        answer && 'ok' in answer
          ? { ok: answer.ok.filter((row) => fold(String(row.values[by])) === value) }
          : (answer ?? { ok: [] }),
      );
  }
  return values.map((value) => found.get(fold(value)) ?? { ok: [] });
}

const fold = (value: string): string => value.trim().toLowerCase();

/** The value as `$filter` writes it; `undefined` when no row can have it. */
function literal({ field, lookup }: Column, value: string): string | undefined {
  if (value === '') return undefined;
  if (lookup || field.vendorType === 'Uniqueidentifier') return isGuid(value) ? value : undefined;
  return `'${value.replaceAll("'", "''")}'`;
}

/** All first pages in one batch; further pages, which are rare, one by one. */
async function readPages(
  api: Api,
  model: Model,
  table: Table,
  asked: readonly string[],
  operations: readonly Operation[],
): Promise<Found[]> {
  const replies = await api.each(operations);
  return Promise.all(
    replies.map(async (first): Promise<Found> => {
      const rows: Snapshot[] = [];
      let reply = first;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const body = objectOf(reply);
        if ('failure' in body) return body;
        rows.push(...objectsIn(body.ok.value).flatMap((row) => toSnapshot(table, model.columns[table], asked, row) ?? []));
        const next = body.ok['@odata.nextLink'];
        if (typeof next !== 'string') return { ok: rows };
        reply = await api.one({ method: 'GET', path: next, headers: { Prefer: WITH_LABELS }, asked: { doing: 'look' } });
      }
      return { ok: rows };
    }),
  );
}
