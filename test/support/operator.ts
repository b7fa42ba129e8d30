/** An engineer at the operator API. */
import { OPERATOR_TOKEN } from './world';
import { sendJson } from './vendors';
import type { PlanPage, PlanSummary } from '../../src/core/plan';
import type { ExplainAnswer } from '../../src/gateway/operatorExplain';
import type { RetryAnswer, StatusAnswer } from '../../src/gateway/operator';

export function operator(world: { readonly gatewayUrl: string }) {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
  const explain = async (id: string, field?: string): Promise<ExplainAnswer> => {
    const about = field === undefined ? '' : `?field=${encodeURIComponent(field)}`;
    return (await sendJson(
      `${world.gatewayUrl}/operator/explain/${id}${about}`,
      'GET',
      undefined,
      headers,
    )) as unknown as ExplainAnswer;
  };
  return {
    explain,
    /** What was decided about one field of a record and what became of it, oldest first; not that both held the same when they first met. */
    decisions: async (id: string, field: string): Promise<readonly string[]> =>
      (await explain(id, field)).events.flatMap((event) =>
        event.kind === 'decided' && event.rule !== 'seed:equal' ? [`${event.rule}: ${event.result}`] : [],
      ),
    /** Makes a plan, and answers its first page. */
    plan: async () => {
      await sendJson(`${world.gatewayUrl}/operator/plan`, 'POST', undefined, headers);
      const page = await sendJson(`${world.gatewayUrl}/operator/plan`, 'GET', undefined, headers);
      return page as unknown as PlanPage & { readonly summary: PlanSummary };
    },
    status: async () =>
      (await sendJson(`${world.gatewayUrl}/operator/status`, 'GET', undefined, headers)) as unknown as StatusAnswer,
    retry: async (body: unknown) =>
      (await sendJson(`${world.gatewayUrl}/operator/retry`, 'POST', body, headers)) as unknown as RetryAnswer,
  };
}
