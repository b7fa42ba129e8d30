/** The two sandboxes by themselves, as `npm run sandbox` starts them: large, quick, and still there after a `kill -9`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Child, startChild, untilReady } from '../../src/embedded/child';
import { freePort } from '../../src/embedded/processes';
import { type Figure, ofRounds } from '../figures';
import { residentMb } from '../residentMb';
import { control, dataverseCaller, marketoCaller, type Vendors } from '../vendors';

const START_TIMEOUT_MS = 300_000;
const STOP_GRACE_MS = 8_000;
const ROUNDS = 21;
const PARTS = 100;
const LEADS_PER_PAGE = 300;
const LARGEST_PAGE = 5_000;
const GOALS = { mb: 1_536, ms: 50, startSec: 30 } as const;
/** Written last before the process is killed, and looked for after that. */
const LAST_WORD = 'Written last';

/** Fills both with `people` humans each. */
export async function sandboxes(people: number, say: (words: string) => void): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'mdsync-bench-sandboxes-'));
  const house = await startSandboxes(dir, [await freePort(), await freePort()]);
  let { child } = house;
  try {
    const { vendors } = house;
    say(`seeding both sandboxes with ${people}`);
    await control(vendors.marketoUrl, 'limits', { callsPer20s: 100_000, daily: 10_000_000 });
    await control(vendors.dataverseUrl, 'limits', { requests: 1_000_000, executionSeconds: 1_000_000 });
    const seeded = await timed(async () => {
      await control(vendors.marketoUrl, 'seed', { people });
      await control(vendors.dataverseUrl, 'seed', { contacts: people });
    });
    const rows = await contactIds(vendors);
    const answers = [...(await batches(vendors, rows)), ...(await pages(vendors, people))];
    const mb = residentMb(child.pid);

    const call = await dataverseCaller(vendors.dataverseUrl, 'sync');
    await call(`contacts(${rows[0]})`, 'PATCH', { jobtitle: LAST_WORD });
    process.kill(child.pid, 'SIGKILL');
    await child.ended;
    say('starting again after kill -9');
    const begun = performance.now();
    ({ child } = await startSandboxes(dir, house.ports));
    const startSec = (performance.now() - begun) / 1_000;
    const kept = await keptShare(vendors, rows, people);
    const both = `${people} people and ${people} contacts`;
    return [
      { what: `memory of both sandboxes with ${both}`, value: mb, unit: 'MB', goal: { atMost: GOALS.mb } },
      ...answers,
      {
        what: `start of both sandboxes with ${both} after kill -9`,
        value: startSec,
        unit: 's',
        goal: { atMost: GOALS.startSec },
        note: `seeding them took ${Math.round(seeded / 1_000)} s`,
      },
      { what: 'rows and people that were still there', value: kept, unit: 'of all', goal: { atLeast: 1 } },
    ];
  } finally {
    await child.stop(STOP_GRACE_MS);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startSandboxes(
  dir: string,
  ports: readonly [marketo: number, dataverse: number],
): Promise<{ readonly child: Child; readonly vendors: Vendors; readonly ports: typeof ports }> {
  const logFile = join(dir, 'sandboxes.log');
  const [marketo, dataverse] = ports;
  const child = await startChild({
    command: process.execPath,
    args: [resolve(__dirname, '../../src/sandbox/main.js')],
    env: {
      ...process.env,
      MDSYNC_DATA_DIR: dir,
      MDSYNC_MARKETO_SANDBOX_PORT: String(marketo),
      MDSYNC_DATAVERSE_SANDBOX_PORT: String(dataverse),
    },
    logFile,
  });
  const vendors = { marketoUrl: `http://127.0.0.1:${marketo}`, dataverseUrl: `http://127.0.0.1:${dataverse}` };
  const probe = (): Promise<unknown> => Promise.all(Object.values(vendors).map((url) => control(url, 'calls')));
  await untilReady({ what: 'The sandboxes', child, logFile, timeoutMs: START_TIMEOUT_MS, probe });
  return { child, vendors, ports };
}

/** All of them, page by page. */
async function contactIds({ dataverseUrl }: Vendors): Promise<readonly string[]> {
  const call = await dataverseCaller(dataverseUrl, 'sync');
  const ids: string[] = [];
  let next: string | undefined = 'contacts?$select=contactid';
  while (next !== undefined) {
    const page = await call(next, 'GET', undefined, { prefer: `odata.maxpagesize=${LARGEST_PAGE}` });
    ids.push(...(page['value'] as { contactid: string }[]).map(({ contactid }) => contactid));
    next = page['@odata.nextLink'] as string | undefined;
  }
  return ids;
}

async function batches({ dataverseUrl }: Vendors, ids: readonly string[]): Promise<readonly Figure[]> {
  const call = await dataverseCaller(dataverseUrl, 'sync');
  const columns =
    'firstname,lastname,emailaddress1,jobtitle,telephone1,mobilephone,address1_line1,address1_city,address1_country,statecode,statuscode,modifiedon,_ownerid_value';
  const send = async (part: (id: string, i: number) => string): Promise<Figure['value'][]> => {
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const parts = ids.slice(round * PARTS, (round + 1) * PARTS).map(part);
      const envelope = 'Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n';
      const body = `${parts.map((one) => `--bench\r\n${envelope}${one}\r\n`).join('')}--bench--\r\n`;
      const headers = { 'content-type': 'multipart/mixed; boundary=bench', prefer: 'odata.continue-on-error' };
      took.push(await timed(() => call('$batch', 'POST', body, headers)));
    }
    return took;
  };
  const written = (what: string, took: readonly number[]): Figure =>
    ofRounds(took, { what: `batch of ${PARTS} ${what}`, unit: 'ms', goal: { atMost: GOALS.ms } });
  return [
    written('reads', await send((id) => `GET contacts(${id})?$select=${columns} HTTP/1.1\r\n\r\n`)),
    written(
      'updates',
      await send(
        (id, i) => `PATCH contacts(${id}) HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"jobtitle":"Job ${i}"}\r\n`,
      ),
    ),
    written(
      'creations',
      await send((_id, i) => `POST contacts HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"lastname":"Bench ${i}"}\r\n`),
    ),
  ];
}

const idsOfPage = (round: number): number[] => Array.from({ length: LEADS_PER_PAGE }, (_, i) => 1 + round * LEADS_PER_PAGE + i);

async function pages({ marketoUrl }: Vendors, people: number): Promise<readonly Figure[]> {
  const call = await marketoCaller(marketoUrl, 'sync');
  const first = await firstPersonId(call);
  const rounds = Math.min(ROUNDS, Math.floor(people / LEADS_PER_PAGE));
  const took = { read: [] as number[], written: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const ids = idsOfPage(round).map((i) => first + i - 1);
    const fields = 'id,firstName,lastName,email,title,phone,company,unsubscribed,updatedAt';
    took.read.push(await timed(() => call(`/rest/v1/leads.json?filterType=id&filterValues=${ids.join(',')}&fields=${fields}`)));
    const input = ids.map((id) => ({ id, title: `Title ${round}` }));
    took.written.push(await timed(() => call('/rest/v1/leads.json', { action: 'updateOnly', lookupField: 'id', input })));
  }
  const goal = { atMost: GOALS.ms };
  return [
    ofRounds(took.read, { what: `page of ${LEADS_PER_PAGE} leads`, unit: 'ms', goal }),
    ofRounds(took.written, { what: `update of ${LEADS_PER_PAGE} leads`, unit: 'ms' }),
  ];
}

/** The seed gives them consecutive ids. */
async function firstPersonId(call: Awaited<ReturnType<typeof marketoCaller>>): Promise<number> {
  const token = String((await call('/rest/v1/activities/pagingtoken.json?sinceDatetime=2020-01-01T00:00:00Z'))['nextPageToken']);
  const feed = `/rest/v1/activities.json?activityTypeIds=12&nextPageToken=${encodeURIComponent(token)}&batchSize=1`;
  const [first] = (await call(feed))['result'] as { leadId: number }[];
  return first?.leadId ?? 1;
}

/** Everybody there was, the last write included. */
async function keptShare(vendors: Vendors, before: readonly string[], people: number): Promise<number> {
  const after = new Set(await contactIds(vendors));
  const rows = before.filter((id) => after.has(id)).length;
  const call = await dataverseCaller(vendors.dataverseUrl, 'sync');
  const { jobtitle } = await call(`contacts(${before[0]})?$select=jobtitle`);
  const marketo = await marketoCaller(vendors.marketoUrl, 'sync');
  const first = await firstPersonId(marketo);
  let persons = 0;
  for (let at = 0; at < people; at += LEADS_PER_PAGE) {
    const ids = Array.from({ length: Math.min(LEADS_PER_PAGE, people - at) }, (_, i) => first + at + i);
    const answer = await marketo(`/rest/v1/leads.json?filterType=id&filterValues=${ids.join(',')}&fields=id`);
    persons += (answer['result'] as unknown[]).length;
  }
  const isLastThere = jobtitle === LAST_WORD ? 1 : 0;
  return (rows + persons + isLastThere) / (before.length + people + 1);
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}
