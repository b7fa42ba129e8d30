/** Calls of the flow step, as the front door keeps them: with their people, before they are acknowledged. */
import { sql } from 'kysely';
import type { Failure, FlowStepAcceptance, FlowStepChunk, FlowStepChunks, FlowStepState, Result } from '../core/ports';
import { createGroup } from '../remote/group';
import { flowStepKey } from '../temporal/names';
import { type Database, type Db, inTransaction } from './database';
import { unattendedChunks } from './flowStepAnswer';
import { creationEntry, enqueue } from './inbox';
import { readSetting } from './settings';

/** Calls of trigger campaigns have one person each, and come in bursts; what is larger is a transaction's worth by itself. */
const SMALL = 10;
const MAX_TOGETHER = 100;
/** The front door waits no longer. */
const MAX_QUEUE_MS = 10_000;
/** More are taken up by the next look. */
const MAX_UNATTENDED = 200;

export function createFlowStepChunks(db: Database): FlowStepChunks {
  // What comes while one commit is under way is kept by the next, together.
  const acceptSmall = createGroup({
    send: (chunks: FlowStepChunk[]) => acceptEach(db, chunks),
    keyOf: ({ id }) => id,
    maxItems: MAX_TOGETHER,
    maxWaitMs: MAX_QUEUE_MS,
    parallel: 2,
  });
  return {
    async accept(chunk) {
      const [kept] = chunk.people.length > SMALL ? await acceptEach(db, [chunk]) : [await acceptSmall(chunk)];
      if (kept !== undefined && 'ok' in kept) return kept.ok;
      throw new Error(`The call could not be kept (${kept?.failure.code ?? 'unanswered'})`);
    },
    state: () => state(db),
    unattended: () => unattendedChunks(db, MAX_UNATTENDED),
    owners: async () => (await readSetting(db, 'owners'))?.value ?? [],
  };
}

/** All in one transaction; if that fails, each in its own, so that no call fails for another's sake. */
async function acceptEach(db: Database, chunks: readonly FlowStepChunk[]): Promise<Result<FlowStepAcceptance>[]> {
  try {
    return (await inTransaction(db, (tx) => accept(tx, chunks))).map((ok) => ({ ok }));
  } catch (error) {
    if (chunks.length === 1) return [{ failure: notKept(error) }];
    return (await Promise.all(chunks.map((chunk) => acceptEach(db, [chunk])))).flat();
  }
}

/** Only the code: the text of a database error may quote values. */
function notKept(error: unknown): Failure {
  const { code } = error as { readonly code?: unknown };
  return { kind: 'retry', scope: 'request', code: typeof code === 'string' ? code : 'store', message: 'The store failed' };
}

async function accept(tx: Db, chunks: readonly FlowStepChunk[]): Promise<FlowStepAcceptance[]> {
  const { rows } = await sql<{ id: string }>`
    insert into flow_step_chunk (id, kind, token, callback_url, callback_key, munchkin_id, campaign_id, caller)
    select * from jsonb_to_recordset(${JSON.stringify(chunks.map(toRow))}::jsonb)
      as x(id text, kind text, token text, callback_url text, callback_key text, munchkin_id text, campaign_id text,
        caller text)
    order by id
    on conflict do nothing returning id`.execute(tx);
  const inserted = new Set(rows.map(({ id }) => id));
  await keepPeople(
    tx,
    chunks.filter(({ id }) => inserted.has(id)),
  );
  const answers: FlowStepAcceptance[] = [];
  for (const chunk of chunks)
    answers.push(inserted.has(chunk.id) ? { repeated: false, samePeople: true, ended: false } : await known(tx, chunk));
  return answers;
}

const toRow = (chunk: FlowStepChunk) => ({
  id: chunk.id,
  kind: chunk.kind,
  token: chunk.token ?? null,
  callback_url: chunk.callbackUrl,
  callback_key: chunk.callbackKey ?? null,
  munchkin_id: chunk.munchkinId,
  campaign_id: chunk.campaignId ?? null,
  caller: chunk.caller ?? null,
});

async function keepPeople(tx: Db, chunks: readonly FlowStepChunk[]): Promise<void> {
  if (chunks.length === 0) return;
  const rows = chunks.flatMap(({ id, campaignId, caller, people }) =>
    people.map((person, position) => ({
      chunk_id: id,
      position,
      marketo_id: person.marketoId,
      campaign_id: campaignId ?? null,
      caller: caller ?? null,
      ...('refusal' in person
        ? { refusal: person.refusal }
        : {
            request_id: flowStepKey.request(id, person.marketoId),
            sync_as: person.syncAs,
            assign_to: person.assignTo ?? null,
          }),
    })),
  );
  await sql`
    with person as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(chunk_id text, position integer, marketo_id text,
        campaign_id text, caller text, request_id text, sync_as text, assign_to text, refusal jsonb)),
    asked as (
      insert into request (request_id, marketo_id, sync_as, assign_to, campaign_id, caller, source)
      select request_id, marketo_id, sync_as, assign_to, campaign_id, caller, 'flowStep' from person where request_id is not null
      on conflict do nothing)
    insert into flow_step_person (chunk_id, marketo_id, position, request_id, refusal)
    select chunk_id, marketo_id, position, request_id, refusal from person`.execute(tx);
  const wanted = rows.filter((row) => 'request_id' in row).map(({ marketo_id: id }) => id);
  await enqueue(tx, [...new Set(wanted)].map(creationEntry));
}

async function known(tx: Db, { id, people }: FlowStepChunk): Promise<FlowStepAcceptance> {
  const { rows } = await sql<{ ended: boolean; count: number; same: number }>`
    select c.ended_at is not null as ended, count(p.*) as count,
      count(p.*) filter (where p.marketo_id = any(${people.map(({ marketoId }) => marketoId)})) as same
    from flow_step_chunk c left join flow_step_person p on p.chunk_id = c.id
    where c.id = ${id} group by c.id`.execute(tx);
  const { ended = true, count = 0, same = 0 } = rows[0] ?? {};
  return { repeated: true, samePeople: count === people.length && same === count, ended };
}

async function state(db: Db): Promise<FlowStepState> {
  const open = await sql<{ open: number; oldest: number | null }>`
    select count(*) as open, extract(epoch from now() - min(accepted_at))::float8 as oldest
    from flow_step_chunk where ended_at is null`.execute(db);
  const lost = await sql<{ code: string; count: number }>`
    select coalesce(end_code, end_state) as code, count(*) as count from flow_step_chunk
    where ended_at > now() - interval '24 hours' and end_state <> 'answered' group by 1 order by 1`.execute(db);
  const { open: count = 0, oldest = null } = open.rows[0] ?? {};
  return { open: count, ...(oldest === null ? {} : { oldestOpenSec: Math.round(oldest) }), lost: lost.rows };
}
