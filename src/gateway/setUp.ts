/** `POST /operator/setup`: prepares Marketo, by the workflow that makes its fields and activity types. */
import type { FastifyInstance } from 'fastify';
import type { SetUpReport } from '../core/ports';
import { SET_UP_WORKFLOW_ID } from '../temporal/names';
import { OPERATORS, requireBearer } from './auth';
import type { GatewayDeps, Waits } from './deps';
import { reportOf } from './report';

export type SetUpAnswer = SetUpReport;

export function registerSetUp(app: FastifyInstance, deps: GatewayDeps, waits: Waits, closing: AbortSignal): void {
  const { temporal, log } = deps;
  const onRequest = requireBearer(deps.tokens.operator, OPERATORS);
  app.post('/operator/setup', { onRequest }, async (): Promise<SetUpAnswer> => {
    const report = await reportOf({ temporal, waits, closing }, SET_UP_WORKFLOW_ID, () => temporal.setUp());
    log.info({ createdFields: report.createdFields, preparedTypes: report.preparedTypes }, 'an operator had Marketo prepared');
    return report;
  });
}
