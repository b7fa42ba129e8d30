import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ImportRow } from '../../../src/core/imports';
import type { Table } from '../../../src/core/types';
import type { Database } from '../../../src/store/database';
import { raiseFence } from '../../../src/store/fence';
import { createImports } from '../../../src/store/importPairs';
import { enqueue } from '../../../src/store/inbox';
import { recordKey } from '../../../src/temporal/names';
import { type FreshDatabase, freshDatabase } from '../../support/database';
import { claimed, idsOf, inboxRow, livePair, newMarketoId, newRowId, pairRow } from './support';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = fresh.db;
});
afterAll(async () => fresh.drop());

const importPairs = (...rows: readonly ImportRow[]) => createImports(db).importPairs(rows);
const newRow = (line = 1, table: Table = 'contact'): ImportRow => ({
  line,
  marketoId: newMarketoId(),
  table,
  microsoftId: newRowId(),
});

async function pairOf(marketoId: string): Promise<number> {
  const row = await db.selectFrom('identity').select('pair_id').where('id', '=', marketoId).executeTakeFirstOrThrow();
  return row.pair_id;
}

describe('an import', () => {
  test('makes live pairs that nothing was agreed on for, and queues them behind everything else', async () => {
    const rows = [newRow(1), newRow(2, 'lead')];
    expect(await importPairs(...rows)).toEqual({ imported: 2, known: 0, problems: [] });
    for (const { marketoId, table, microsoftId } of rows) {
      const pairId = await pairOf(marketoId);
      expect(await pairRow(db, pairId)).toMatchObject({ state: 'live', table_name: table, baseline: {} });
      expect(await idsOf(db, pairId)).toEqual([`${table}/${microsoftId}`, `person/${marketoId}`]);
      expect(await inboxRow(db, recordKey.pair(marketoId))).toMatchObject({ state: 'open', lane: 5, pair_id: pairId });
    }
  });

  test('that is only checked says the same and makes nothing', async () => {
    const pair = await livePair(db);
    const rows = [newRow(1), { ...newRow(2), marketoId: pair.marketoId }];
    const checked = await createImports(db).importPairs(rows, { check: true });
    expect(
      await db
        .selectFrom('identity')
        .select('id')
        .where('id', '=', rows[0]?.marketoId ?? '')
        .execute(),
    ).toEqual([]);
    expect(await inboxRow(db, recordKey.pair(rows[0]?.marketoId ?? ''))).toBeUndefined();
    // The control: the import itself.
    expect(await importPairs(...rows)).toEqual(checked);
    expect(await pairOf(rows[0]?.marketoId ?? '')).toBeGreaterThan(0);
  });

  test('repeated changes nothing', async () => {
    const row = newRow();
    await importPairs(row);
    const before = await inboxRow(db, recordKey.pair(row.marketoId));
    expect(await importPairs(row)).toEqual({ imported: 0, known: 1, problems: [] });
    expect(await inboxRow(db, recordKey.pair(row.marketoId))).toEqual(before);
  });

  test('takes in a row that a feed has told of already', async () => {
    const row = newRow();
    const key = recordKey.row(row.table, row.microsoftId);
    await enqueue(db, [{ key, kind: 'record', lane: 'live', entity: row.table, id: row.microsoftId }]);
    await claimed(db, key);
    expect(await importPairs(row)).toMatchObject({ imported: 1, problems: [] });
    expect(await idsOf(db, await pairOf(row.marketoId))).toEqual([`contact/${row.microsoftId}`, `person/${row.marketoId}`]);
    expect(await inboxRow(db, key)).toMatchObject({ state: 'closed' });
    expect(await inboxRow(db, recordKey.pair(row.marketoId))).toMatchObject({ state: 'open' });
  });

  test('leaves alone what is paired otherwise, and tells the line', async () => {
    const pair = await livePair(db);
    const good = newRow(3);
    const report = await importPairs(
      { ...newRow(1), marketoId: pair.marketoId },
      { ...newRow(2, 'lead'), microsoftId: pair.rowId },
      good,
    );
    expect(report).toMatchObject({ imported: 1, known: 0 });
    expect(report.problems).toEqual([
      { line: 1, message: expect.stringContaining(`person ${pair.marketoId} is paired`) },
      { line: 2, message: expect.stringContaining(`lead ${pair.rowId} is paired`) },
    ]);
    expect(await idsOf(db, pair.pairId)).toEqual([`lead/${pair.rowId}`, `person/${pair.marketoId}`]);
  });

  test('does not take a row whose person may be being created right now', async () => {
    const row = newRow();
    const key = recordKey.row(row.table, row.microsoftId);
    await enqueue(db, [{ key, kind: 'record', lane: 'live', entity: row.table, id: row.microsoftId }]);
    const { pairId, epoch } = await claimed(db, key);
    await raiseFence(db, [{ pairId, epoch }], 30);
    expect(await importPairs(row)).toMatchObject({
      imported: 0,
      problems: [{ line: 1, message: expect.stringContaining('right now') }],
    });
    expect(await idsOf(db, pairId)).toEqual([`contact/${row.microsoftId}`]);
  });
});
