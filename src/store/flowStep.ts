/** Calls of the flow step, as the front door keeps them: with their people, before they are acknowledged. */
import { sql } from 'kysely';
import type { FlowStepAcceptance, FlowStepChunk, FlowStepChunks, FlowStepState } from '../core/ports';
import { flowStepKey, recordKey } from '../temporal/names';
import { type Database, type Db, inTransaction } from './database';
import { enqueue } from './inbox';
import { readSetting } from './settings';

export function createFlowStepChunks(db: Database): FlowStepChunks {
  return {
    accept: (chunk) => inTransaction(db, (tx) => accept(tx, chunk)),
    state: () => state(db),
    owners: async () => (await readSetting(db, 'owners'))?.value ?? [],
  };
}

async function accept(tx: Db, chunk: FlowStepChunk): Promise<FlowStepAcceptance> {
  const { id, people } = chunk;
  const inserted = await tx
    .insertInto('flow_step_chunk')
    .values({
      id,
      kind: chunk.kind,
      token: chunk.token ?? null,
      callback_url: chunk.callbackUrl,
      callback_key: chunk.callbackKey ?? null,
      munchkin_id: chunk.munchkinId,
      campaign_id: chunk.campaignId ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (Number(inserted.numInsertedOrUpdatedRows ?? 0) === 0) return known(tx, chunk);
  const rows = people.map((person, position) => ({
    position,
    marketo_id: person.marketoId,
    ...('refusal' in person
      ? { refusal: person.refusal }
      : {
          request_id: flowStepKey.request(id, person.marketoId),
          sync_as: person.syncAs,
          assign_to: person.assignTo ?? null,
        }),
  }));
  await sql`
    with person as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as x(position integer, marketo_id text, request_id text, sync_as text, assign_to text, refusal jsonb)),
    asked as (
      insert into request (request_id, marketo_id, sync_as, assign_to, campaign_id, source)
      select request_id, marketo_id, sync_as, assign_to, ${chunk.campaignId ?? null}, 'flowStep' from person where request_id is not null
      on conflict do nothing)
    insert into flow_step_person (chunk_id, marketo_id, position, request_id, refusal)
    select ${id}, marketo_id, position, request_id, refusal from person`.execute(tx);
  await enqueue(
    tx,
    people.flatMap((person) =>
      'refusal' in person
        ? []
        : { key: recordKey.create(person.marketoId), kind: 'create', lane: 'create', entity: 'person', id: person.marketoId },
    ),
  );
  return { repeated: false, samePeople: true, ended: false };
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
