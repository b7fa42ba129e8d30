/** The controls of flow steps, and the callback address. */
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { SandboxFrame } from '../../../frame';
import type { Instance } from '../../instance';
import { takeCallback } from './callback';
import { install, installation } from './install';
import { flowStepRun, runFlowStep } from './run';
import type { Chunk, Run } from './store';

export const CALLBACK_PATH = '/customflowaction/submitCustomFlowAction';

export function registerFlowSteps({ app, control }: SandboxFrame, instance: () => Instance): void {
  const callbackUrl = (): string => `http://127.0.0.1:${(app.server.address() as AddressInfo).port}${CALLBACK_PATH}`;
  control('POST', 'campaigns/flow-step/install', installation, (body) => install(instance(), body));
  control('POST', 'campaigns/flow-step/run', flowStepRun, (body) => runFlowStep(instance(), body, callbackUrl()));
  control('GET', 'campaigns/flow-step', z.unknown(), () => describe(instance()));

  app.post(CALLBACK_PATH, (request, reply) => {
    const { 'x-callback-token': token, 'x-api-key': key } = request.headers;
    const body = typeof request.body === 'string' ? request.body : undefined;
    return reply.code(takeCallback(instance(), { token: String(token), key: String(key), body })).send();
  });
}

/** Which steps are installed, and how campaigns with them stand, the latest last. */
function describe({ flowSteps }: Instance): object {
  return {
    services: flowSteps.services().map(({ id, definition, picklists, incoming }) => ({
      apiName: definition.apiName,
      name: definition.i18n.en_US.name,
      activityTypeId: id,
      picklists,
      incoming,
    })),
    runs: flowSteps.runs().map((run) => describeRun(run, flowSteps.chunksOf(run.id))),
  };
}

/** `waiting` while an answer is outstanding: the campaign's people are still at the step. */
function describeRun(run: Run, chunks: readonly Chunk[]): object {
  const results = chunks.flatMap((chunk) => chunk.results ?? []);
  const isTaken = ({ invoked }: Chunk): boolean => invoked === undefined || (invoked >= 200 && invoked < 300);
  return {
    ...run,
    state: chunks.some((chunk) => isTaken(chunk) && chunk.results === undefined) ? 'waiting' : 'done',
    calls: chunks.map(({ token, leadIds, invoked, results: answered, refused }) => ({
      token,
      people: leadIds.length,
      invoked,
      answered: answered !== undefined,
      refused,
    })),
    results,
    missing: chunks.flatMap(({ leadIds, results: answered }) =>
      answered === undefined ? [] : leadIds.filter((id) => !answered.some(({ leadId }) => leadId === id)),
    ),
  };
}
