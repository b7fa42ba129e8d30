/** What Marketo has counted of today's calls. The question itself counts. */
import { z } from 'zod';
import type { Result } from '../core/ports';
import type { CountedCalls } from '../core/usage';
import type { Api } from './api';

const dayShape = z.object({
  date: z.string().min(1),
  total: z.number().int().nonnegative(),
  users: z.array(z.object({ userId: z.string(), count: z.number().int().nonnegative() })).catch([]),
});

/** `apiUser`: whom the token was granted to, known once there is one. Answers `undefined` when nobody has called yet today. */
export async function readUsage(api: Api, apiUser: () => string | undefined): Promise<Result<CountedCalls | undefined>> {
  const reply = await api.get('/rest/v1/stats/usage.json', {}, dayShape, { doing: 'look' });
  if ('failure' in reply) return reply;
  const [today] = reply.ok.items;
  if (today === undefined) return { ok: undefined };
  const { date, total, users } = today;
  const ours = users.find(({ userId }) => userId === apiUser())?.count;
  return { ok: { date, total, ...(ours === undefined ? {} : { ours }) } };
}
