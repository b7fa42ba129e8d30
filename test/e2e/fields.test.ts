/** The mapping changes while pairs exist: new fields are filled in, and a field on another column empties nobody. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { operator } from '../support/operator';
import { requests } from '../support/requests';
import { startWorld, type World } from '../support/world';

const dir = mkdtempSync(join(tmpdir(), 'mdsync-mapping-'));
const file = join(dir, 'mapping.yaml');
const BASE = `
  lastName: { contact: lastname, lead: lastname, type: string }
  email: { contact: emailaddress1, lead: emailaddress1, type: email }
  microsoftId: { contact: $id, lead: $id, type: string, direction: toMarketo }
  microsoftType: { contact: $table, lead: $table, type: string, direction: toMarketo }
  microsoftIsDeleted: { contact: $deleted, lead: $deleted, type: boolean, direction: toMarketo }
`;
const writeMapping = (more: string): void => writeFileSync(file, `match: email\nfields:${BASE}${more}`);

let world: World;

beforeAll(async () => {
  writeMapping('  phone: { contact: telephone1, type: phone }\n');
  world = await startWorld({ env: { MDSYNC_MAPPING: file } });
}, 120_000);

afterAll(async () => {
  await world.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

test('a new field is filled in for pairs that are there, and a remapped one takes the other column', async () => {
  const email = 'mapped@example.com';
  const rowId = await world.sales.create('contacts', {
    lastname: 'Mapped',
    emailaddress1: email,
    telephone1: '+1 555 0100',
    department: 'Purchasing',
  });
  await world.settle();
  const [person] = await world.marketer.findByEmail(email, ['id', 'phone', 'department']);
  const personId = String(person?.['id']);
  expect(person).toMatchObject({ phone: '+1 555 0100' });
  expect(person?.['department'] ?? null).toBeNull();

  writeMapping('  phone: { contact: telephone2, type: phone }\n  department: { contact: department, type: string }\n');
  await world.restartWorker();
  await world.callsSince();
  await world.settle();
  // The new column was blank, and a blank loses where nothing was agreed on.
  expect(await world.marketer.person(personId, ['phone', 'department'])).toMatchObject({
    phone: '+1 555 0100',
    department: 'Purchasing',
  });
  expect(await world.sales.row('contacts', rowId)).toMatchObject({ telephone1: '+1 555 0100', telephone2: '+1 555 0100' });

  for (const field of ['phone', 'department'])
    expect((await operator(world).decisions(personId, field)).at(-1)).toBe('seed:nonBlank: confirmed');
  // How the pages of a backfill are read is their own matter; each side is written once.
  expect((await requests(world)).writes).toEqual({ people: 1, row: 1 });

  await world.marketer.update(personId, { phone: null });
  await world.settle();
  expect((await world.sales.row('contacts', rowId))?.['telephone2'] ?? null).toBeNull();
});
