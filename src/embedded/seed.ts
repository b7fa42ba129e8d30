/** The humans that a new data directory starts with: most are on both sides, some on one side only. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sandboxUrls } from '../config/embeddedEnv';
import type { House } from './house';

/** Human number `i` is the same in both sandboxes: 0 to 39 are in Marketo only, 300 to 309 in Dynamics only, the others are twins. */
const PEOPLE = 300;
const CONTACTS = 180;
const LEADS = 90;
export const FIRST_IN_DYNAMICS = 40;

/** Fills both sandboxes, once in the life of a data directory: what people did in them since is theirs. */
export async function seedOnce({ settings, dataDir, progress }: House): Promise<void> {
  const done = join(dataDir, 'seeded');
  if (existsSync(done)) return;
  const urls = sandboxUrls(settings);
  // Empty first: an earlier start may have been killed half way.
  await Promise.all(Object.values(urls).map((url) => control(url, 'reset')));
  await control(urls.marketo, 'seed', { people: PEOPLE });
  await control(urls.dynamics, 'seed', { contacts: CONTACTS, leads: LEADS, offset: FIRST_IN_DYNAMICS });
  writeFileSync(done, '');
  progress.step(
    `Seeded: ${PEOPLE} people in Marketo, ${CONTACTS} contacts and ${LEADS} leads in Dynamics, most of them the same humans`,
  );
}

async function control(url: string, name: string, body: object = {}): Promise<void> {
  const response = await fetch(`${url}/_sandbox/${name}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`The sandbox at ${url} refused ${name}: ${await response.text()}`);
}
