/** The Dataverse client against the Dataverse sandbox: two readings of the same documentation have to agree. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Change, Cursor } from '../../../src/core/ports';
import { createTokenSource } from '../../../src/dataverse/auth';
import { createDataverse } from '../../../src/dataverse/client';
import { createHttpClient } from '../../../src/remote/http';
import { createDataverseSandbox } from '../../../src/sandbox/dataverse';
import { createSalesperson, type Salesperson, sendJson } from '../../support/vendors';

const CLOCK = { now: () => new Date() };
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const FIELDS = {
  contact: ['firstname', 'lastname', 'emailaddress1', 'telephone1', 'ownerid'],
  lead: ['lastname', 'leadsourcecode', 'emailaddress1'],
};
const GUID = '0a0b0c0d-1111-4222-8333-444455556666';

let url: string;
let close: () => Promise<void>;
let dynamics: ReturnType<typeof createDataverse>;
let sales: Salesperson;

function connect(secret: string): ReturnType<typeof createDataverse> {
  const http = createHttpClient({ timeoutMs: 5_000, concurrency: 5 });
  const identity = { authority: url, tenantId: 'sandbox', clientId: 'sync-app', clientSecret: secret, scopeUrl: url };
  return createDataverse({
    url,
    http,
    tokens: createTokenSource({ ...identity, http, clock: CLOCK }),
    clock: CLOCK,
    log: SILENT,
  });
}

beforeAll(async () => {
  const sandbox = await createDataverseSandbox({});
  url = await sandbox.listen(0);
  close = () => sandbox.close();
  dynamics = connect('sync-secret');
  sales = createSalesperson(url);
});

afterAll(async () => close());

function must<T>(result: { readonly ok: T } | { readonly failure: unknown } | undefined): T {
  if (result === undefined || 'failure' in result) throw new Error(JSON.stringify(result));
  return result.ok;
}

const control = (path: string, body?: unknown, method = 'POST') => sendJson(`${url}/_sandbox/${path}`, method, body);

describe('what the environment says about itself', () => {
  test('columns with their types, limits, options and rights; no problems', async () => {
    const schema = must(await dynamics.schema());
    expect(schema.problems).toEqual([]);
    expect(schema.entities.contact?.['jobtitle']).toMatchObject({
      vendorType: 'String',
      maxLength: 100,
      label: 'Job Title',
      updatable: true,
    });
    expect(schema.entities.contact?.['fullname']).toMatchObject({ readable: true, updatable: false, creatable: false });
    expect(schema.entities.contact?.['birthdate']).toMatchObject({ vendorType: 'DateTime', dateOnly: true });
    expect(schema.entities.lead?.['leadsourcecode']?.options).toContainEqual({ value: 8, label: 'Web' });
    expect(schema.entities.lead?.['revenue']).toMatchObject({ vendorType: 'Money', precision: 2 });
    expect(schema.entities.contact?.['lastname']?.required).toBe('application');
  });

  test('a column that was closed to us is neither readable nor writable, and its values are left out instead of empty', async () => {
    const id = await sales.create('contacts', { lastname: 'Secured', fax: '555' });
    await control('column-security', { table: 'contact', column: 'fax', read: false, update: false });
    expect(must(await dynamics.schema()).entities.contact?.['fax']).toMatchObject({ readable: false, updatable: false });
    const [row] = await dynamics.read([{ entity: 'contact', id }], { contact: ['fax', 'lastname'] });
    expect(must(row)?.values).toMatchObject({ lastname: 'Secured' });
    expect(must(row)?.values).not.toHaveProperty('fax');
    expect((await sales.row('contacts', id))?.['fax']).toBe('555');
  });
});

describe('rows', () => {
  test('are created once under our own id, read, and changed only on top of the version that was read', async () => {
    const item = {
      entity: 'contact',
      key: GUID,
      values: { firstname: 'Ann', lastname: 'Other', emailaddress1: "o'hara@example.com" },
    } as const;
    expect((await dynamics.create([item])).map(must)).toEqual([{ entity: 'contact', id: GUID }]);
    expect((await dynamics.create([item])).map(must)).toEqual([{ entity: 'contact', id: GUID }]);
    const [read, absent] = await dynamics.read(
      [
        { entity: 'contact', id: GUID },
        { entity: 'contact', id: '99999999-1111-4222-8333-444455556666' },
      ],
      FIELDS,
    );
    expect(absent).toEqual({ ok: undefined });
    const row = must(read);
    expect(row?.values).toMatchObject({ firstname: 'Ann', $table: 'Contact', telephone1: null });
    expect(row?.labels?.['ownerid']).toBe('# Marketo Sync');
    expect(row?.control).toMatchObject({ state: 0, filter: null, masterId: null });

    await sales.update('contacts', GUID, { firstname: 'Anna' });
    const stale = { entity: 'contact', id: GUID, values: { telephone1: '1' }, version: row?.version ?? '' } as const;
    expect(await dynamics.write([stale])).toEqual([
      { failure: expect.objectContaining({ kind: 'conflict', code: '0x80060882' }) },
    ]);
    const [fresh] = await dynamics.read([{ entity: 'contact', id: GUID }], FIELDS);
    expect(must((await dynamics.write([{ ...stale, version: must(fresh)?.version ?? '' }]))[0])).toEqual({
      entity: 'contact',
      id: GUID,
    });
    expect(await sales.row('contacts', GUID)).toMatchObject({ firstname: 'Anna', telephone1: '1' });
  });

  test('are found by e-mail whatever its case, and a quote in it does no harm', async () => {
    const [found, nobody] = await dynamics.find({
      entity: 'contact',
      by: 'emailaddress1',
      values: ["O'HARA@example.com", 'nobody@example.com'],
      fields: ['lastname'],
    });
    expect(must(found).map((row) => row.id)).toEqual([GUID]);
    expect(must(nobody)).toEqual([]);
  });

  test('refused values name their field and code, each for its own row, in the middle of a batch', async () => {
    const ids = await Promise.all([1, 2, 3].map((number) => sales.create('leads', { lastname: `Batch ${number}` })));
    const versions = (
      await dynamics.read(
        ids.map((id) => ({ entity: 'lead' as const, id })),
        FIELDS,
      )
    ).map((one) => must(one)?.version ?? '');
    const values = [{ lastname: 'x'.repeat(51) }, { leadsourcecode: 4_711 }, { lastname: 'Fine' }];
    const answers = await dynamics.write(
      ids.map((id, index) => ({ entity: 'lead' as const, id, values: values[index] ?? {}, version: versions[index] ?? '' })),
    );
    expect(answers).toEqual([
      { failure: expect.objectContaining({ kind: 'rejected', code: '0x80044331', field: 'lastname' }) },
      { failure: expect.objectContaining({ kind: 'rejected', code: '0x8004431a', field: 'leadsourcecode' }) },
      { ok: { entity: 'lead', id: ids[2] } },
    ]);
  });

  test('a rule of the customer refuses in its own words', async () => {
    const id = await sales.create('contacts', { lastname: 'Ruled' });
    await control('rules', {
      table: 'contact',
      column: 'telephone1',
      pattern: '^000',
      code: '0x80040265',
      message: 'Not a phone number.',
    });
    const version = must((await dynamics.read([{ entity: 'contact', id }], FIELDS))[0])?.version ?? '';
    expect(await dynamics.write([{ entity: 'contact', id, values: { telephone1: '0001' }, version }])).toEqual([
      { failure: expect.objectContaining({ kind: 'rejected', code: '0x80040265', message: 'Not a phone number.' }) },
    ]);
    await control('rules', undefined, 'DELETE');
    expect(must((await dynamics.write([{ entity: 'contact', id, values: { telephone1: '0001' }, version }]))[0])).toMatchObject({
      id,
    });
  });
});

describe('owners', () => {
  test('are enabled users, by e-mail or id', async () => {
    const owner = must(await dynamics.findOwner('Olivia.Owner@sandbox.example.com'));
    expect(owner).toMatch(/^[0-9a-f-]{36}$/);
    expect(await dynamics.findOwner(owner ?? '')).toEqual({ ok: owner });
    expect(await dynamics.findOwner('dora.disabled@sandbox.example.com')).toEqual({ ok: undefined });
    expect(await dynamics.findOwner('nobody@sandbox.example.com')).toEqual({ ok: undefined });
  });
});

describe('change tracking', () => {
  async function drain(cursor: Cursor | undefined): Promise<{ changes: Change[]; cursor: Cursor; full: boolean }> {
    const changes: Change[] = [];
    for (let at = cursor, full = false; ; ) {
      const page = must(await dynamics.changes({ feed: 'lead', overlap: false, fields: FIELDS, ...(at ? { cursor: at } : {}) }));
      changes.push(...page.changes);
      full ||= page.fullRead;
      at = page.cursor;
      if (!page.more) return { changes, cursor: at, full };
    }
  }

  test('reads everything once, page by page, then what changed and what was deleted', async () => {
    await control('seed', { leads: 1_200 });
    const first = await drain(undefined);
    expect(first.full).toBe(true);
    expect(new Set(first.changes.map((change) => change.id)).size).toBe(first.changes.length);
    expect(first.changes.length).toBeGreaterThanOrEqual(1_200);
    const [changed, removed] = first.changes.slice(-2).map((change) => change.id);
    await sales.update('leads', changed ?? '', { lastname: 'Changed' });
    await sales.remove('leads', removed ?? '');
    const next = await drain(first.cursor);
    expect(next.full).toBe(false);
    expect(next.changes).toEqual([
      expect.objectContaining({ kind: 'changed', id: changed, snapshot: expect.objectContaining({ entity: 'lead' }) }),
      expect.objectContaining({ kind: 'deleted', id: removed }),
    ]);
    expect((await drain(next.cursor)).changes).toEqual([]);
    await control('clock', { advanceSeconds: 8 * 86_400 });
    expect(await dynamics.changes({ feed: 'lead', overlap: false, fields: FIELDS, cursor: next.cursor })).toEqual({
      failure: expect.objectContaining({ kind: 'gone', scope: 'cursor', code: '0x80044352' }),
    });
  });
});

test('wrong credentials are a matter of configuration, and the secret stays out of the failure', async () => {
  const answer = await connect('not-the-secret').schema();
  expect(answer).toMatchObject({ failure: { kind: 'config', scope: 'side' } });
  expect(JSON.stringify(answer)).not.toContain('not-the-secret');
});
