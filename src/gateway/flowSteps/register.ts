/** Self-service flow steps: what Marketo asks of a service provider, for each step that is offered. */
import type { FastifyInstance } from 'fastify';
import { CAMPAIGNS, requireApiKey } from '../auth';
import type { Waits } from '../deps';
import type { FlowStepGateway } from './deps';
import { brandIcon, serviceIcon } from './icons';
import { instructions } from './instructions';
import { API_KEY_HEADER, stepOpenApi } from './openApi';
import { registerPicklists } from './picklists';
import type { FlowStepService } from './service';
import { serviceStatus } from './status';
import { registerSubmit } from './submit';
import { syncPersonToMicrosoft } from './syncPersonToMicrosoft';
import { attendWhileOpen, createWaker, type Waker } from './waking';

/** Every version that campaigns may still use. */
const SERVICES: readonly FlowStepService[] = [syncPersonToMicrosoft];

export function registerFlowSteps(app: FastifyInstance, deps: FlowStepGateway, { unattendedMs }: Waits): void {
  const waker = createWaker(deps);
  attendWhileOpen(app, waker, unattendedMs, deps);
  for (const service of SERVICES) registerFlowStep(app, service, waker, deps);
}

/** Marketo shows no credentials when it reads the document and the pictures, and is not known to when it reads the definition. */
function registerFlowStep(app: FastifyInstance, service: FlowStepService, waker: Waker, deps: FlowStepGateway): void {
  const base = `/flow-steps/${service.path}`;
  const checkKey = requireApiKey(API_KEY_HEADER, deps.tokens.gateway, CAMPAIGNS);

  app.get(`${base}/openapi.json`, async ({ protocol, host }) => stepOpenApi(service, `${protocol}://${host}${base}`));
  app.get(`${base}/getServiceDefinition`, async () => service.definition);
  app.get(`${base}/status`, { onRequest: checkKey }, () => serviceStatus(deps));
  registerPicklists(app, `${base}/getPicklist`, checkKey, deps);
  registerSubmit(app, `${base}/submitAsyncAction`, checkKey, waker, deps);

  const page = instructions(service);
  app.get(`${base}/providerInstructions`, (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  for (const [name, picture] of Object.entries({ brandIcon: brandIcon(), serviceIcon: serviceIcon() }))
    app.get(`${base}/${name}`, (_request, reply) => reply.type('image/png').send(picture));
}
