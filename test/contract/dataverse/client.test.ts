/** The Dataverse client against Dataverse, the sandbox or a real one: two readings of the same documentation have to agree. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Change, Cursor } from '../../../src/core/ports';
import { type DataverseTarget, openDataverse } from './target';

const FIELDS = {
  contact: ['firstname', 'lastname', 'emailaddress1', 'telephone1', 'ownerid'],
  lead: ['lastname', 'leadsourcecode', 'emailaddress1'],
};

let target: DataverseTarget;
let dynamics: DataverseTarget['dynamics'];

beforeAll(async () => {
  target = await openDataverse('client');
  if (target.isLive) jest.setTimeout(20 * 60_000);
  ({ dynamics } = target);
}, 120_000);

afterAll(() => target.close(), 120_000);

function must<T>(result: { readonly ok: T } | { readonly failure: unknown } | undefined): T {
  if (result === undefined || 'failure' in result) throw new Error(JSON.stringify(result));
  return result.ok;
}
const versionOf = async (entity: 'contact' | 'lead', id: string): Promise<string> =>
  must((await dynamics.read([{ entity, id }], FIELDS))[0])?.version ?? '';

test('the environment says what there is, with types, limits, options and rights, and nothing is to be mended', async () => {
  const schema = must(await dynamics.schema());
  expect(schema.problems).toEqual([]);
  expect([schema.instance, schema.userId]).toEqual(
    [1, 2].map(() => expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)),
  );
  const { contact = {}, lead = {} } = schema.entities;
  expect(contact['jobtitle']).toMatchObject({
    vendorType: 'String',
    maxLength: expect.any(Number),
    readable: true,
    updatable: true,
  });
  expect(contact['fullname']).toMatchObject({ readable: true, updatable: false, creatable: false });
  expect(contact['birthdate']).toMatchObject({ vendorType: 'DateTime', dateOnly: true });
  expect(contact['lastname']?.required).toBe('application');
  expect(lead['leadsourcecode']?.options).toContainEqual({ value: 8, label: expect.any(String) });
  expect(lead['revenue']).toMatchObject({ vendorType: 'Money', precision: expect.any(Number) });
});

describe('rows', () => {
  test('are created once under our own id, read, and changed only on top of the version that was read', async () => {
    const key = randomUUID();
    const item = { entity: 'contact', key, values: { ...target.own(), firstname: 'Ann' } } as const;
    expect((await dynamics.create([item])).map(must)).toEqual([{ entity: 'contact', id: key }]);
    expect((await dynamics.create([item])).map(must)).toEqual([{ entity: 'contact', id: key }]);
    const refs = [key, randomUUID()].map((id) => ({ entity: 'contact' as const, id }));
    const [read, absent] = await dynamics.read(refs, FIELDS);
    expect(absent).toEqual({ ok: undefined });
    const row = must(read);
    expect(row?.values).toMatchObject({ firstname: 'Ann', $table: 'Contact', telephone1: null });
    expect(row?.labels?.['ownerid']).toEqual(expect.stringMatching(/./));
    expect(row?.control).toMatchObject({ state: 0, masterId: null });

    await target.sales.update('contacts', key, { firstname: 'Anna' });
    const stale = { entity: 'contact', id: key, values: { telephone1: '1' }, version: row?.version ?? '' } as const;
    expect(await dynamics.write([stale])).toEqual([
      { failure: expect.objectContaining({ kind: 'conflict', code: '0x80060882' }) },
    ]);
    expect(await dynamics.write([{ ...stale, version: await versionOf('contact', key) }])).toEqual([
      { ok: { entity: 'contact', id: key } },
    ]);
    expect(await target.sales.row('contacts', key)).toMatchObject({ firstname: 'Anna', telephone1: '1' });
  });

  test('are found by e-mail whatever its case, and a quote in it does no harm', async () => {
    const email = target.own().emailaddress1.replace('@', "-o'hara@");
    const id = await target.row('contacts', { emailaddress1: email });
    const values = [email.toUpperCase(), 'nobody-has-this@example.com'];
    const [found, nobody] = await dynamics.find({ entity: 'contact', by: 'emailaddress1', values, fields: ['lastname'] });
    expect(must(found).map((row) => row.id)).toEqual([id]);
    expect(must(nobody)).toEqual([]);
  });

  test('refused values name their field and code, each for its own row, in the middle of a batch', async () => {
    const longest = must(await dynamics.schema()).entities.lead?.['companyname']?.maxLength ?? 0;
    const ids = await Promise.all([1, 2, 3].map(() => target.row('leads')));
    const values = [{ companyname: 'x'.repeat(longest + 1) }, { leadsourcecode: 4_711 }, { companyname: 'Fine' }];
    const items = ids.map(async (id, index) => ({
      entity: 'lead' as const,
      id,
      values: values[index] ?? {},
      version: await versionOf('lead', id),
    }));
    expect(await dynamics.write(await Promise.all(items))).toEqual([
      { failure: expect.objectContaining({ kind: 'rejected', code: '0x80044331', field: 'companyname' }) },
      { failure: expect.objectContaining({ kind: 'rejected', code: '0x8004431a', field: 'leadsourcecode' }) },
      { ok: { entity: 'lead', id: ids[2] } },
    ]);
  });
});

test('owners are enabled users, by e-mail or id', async () => {
  const [owner] = must(await dynamics.listOwners(5)).filter(({ email }) => email !== undefined);
  expect(owner?.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(await dynamics.findOwner(owner?.id ?? '')).toEqual({ ok: owner?.id });
  expect(await dynamics.findOwner(owner?.email?.toUpperCase() ?? '')).toEqual({ ok: owner?.id });
  expect(await dynamics.findOwner('nobody-has-this@example.com')).toEqual({ ok: undefined });
  expect(await dynamics.findOwner(randomUUID())).toEqual({ ok: undefined });
});

test('change tracking reads everything once, then what changed and what was deleted', async () => {
  const drain = async (cursor: Cursor | undefined): Promise<{ changes: Change[]; cursor: Cursor; full: boolean }> => {
    const changes: Change[] = [];
    for (let at = cursor, full = false; ; ) {
      const page = must(await dynamics.changes({ feed: 'lead', overlap: false, fields: FIELDS, ...(at ? { cursor: at } : {}) }));
      changes.push(...page.changes);
      full ||= page.fullRead;
      at = page.cursor;
      if (!page.more) return { changes, cursor: at, full };
    }
  };
  const changed = await target.row('leads');
  const removed = await target.row('leads');
  const first = await drain(undefined);
  expect(first.full).toBe(true);
  expect(first.changes.map((change) => change.id)).toEqual(expect.arrayContaining([changed, removed]));
  await target.sales.update('leads', changed, { firstname: 'Changed' });
  await target.sales.remove('leads', removed);
  const next = await drain(first.cursor);
  expect(next.full).toBe(false);
  // Others may work in a real environment at the same time.
  expect(next.changes.filter(({ id }) => id === changed || id === removed)).toEqual([
    expect.objectContaining({ kind: 'changed', id: changed, snapshot: expect.objectContaining({ entity: 'lead' }) }),
    expect.objectContaining({ kind: 'deleted', id: removed }),
  ]);
  expect((await drain(next.cursor)).changes.filter(({ id }) => id === changed || id === removed)).toEqual([]);
});

test('wrong credentials are a matter of configuration, and the secret stays out of the failure', async () => {
  const answer = await target.connect('not-the-secret').schema();
  expect(answer).toMatchObject({ failure: { kind: 'config', scope: 'side' } });
  expect(JSON.stringify(answer)).not.toContain('not-the-secret');
});
