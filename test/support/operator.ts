/** An engineer at the operator API. */
import { OPERATOR_TOKEN } from './world';
import { sendJson } from './vendors';
import type { ExplainAnswer } from '../../src/gateway/operatorExplain';
import type { RetryAnswer, StatusAnswer } from '../../src/gateway/operator';

export function operator(world: { readonly gatewayUrl: string }) {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
  return {
    status: async () =>
      (await sendJson(`${world.gatewayUrl}/operator/status`, 'GET', undefined, headers)) as unknown as StatusAnswer,
    explain: async (id: string, field: string) =>
      (await sendJson(
        `${world.gatewayUrl}/operator/explain/${id}?field=${encodeURIComponent(field)}`,
        'GET',
        undefined,
        headers,
      )) as unknown as ExplainAnswer,
    retry: async (body: unknown) =>
      (await sendJson(`${world.gatewayUrl}/operator/retry`, 'POST', body, headers)) as unknown as RetryAnswer,
  };
}
