/** Is Marketo's own CRM sync on? It says so to whoever changes companies, which it then closes to everybody else (error 1018). */
import type { Result } from '../core/ports';
import type { Api } from './api';
import { writtenShape } from './envelope';

/** Companies are counted from one, and their ids end here. */
const NO_COMPANY = 2_147_483_647;

/** Updates a company that does not exist, with nothing: it is skipped, or all of it is refused. */
export async function tryCompanies(api: Api): Promise<Result<'open'>> {
  const body = { action: 'updateOnly', dedupeBy: 'idField', input: [{ id: NO_COMPANY }] };
  const reply = await api.post('/rest/v1/companies.json', body, writtenShape, { doing: 'look' });
  if ('failure' in reply) return reply;
  // Where a refusal stands is not documented: it may be the reason of the one that was skipped.
  const closed = reply.ok.items.flatMap(({ problems }) => problems).find(({ code }) => code === '1018' || code === '603');
  return closed === undefined
    ? { ok: 'open' }
    : { failure: { kind: 'config', scope: 'side', code: closed.code, message: closed.message } };
}
