/** `getPicklist`: what a marketer may choose from. Owners come from the store, where the last refresh of the schemas left them. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Owner } from '../../core/ports';
import type { CheckToken } from '../auth';
import type { ZodBodies } from '../bodies';
import { HttpError } from '../errors';
import { fromStore } from '../fromStore';
import type { FlowStepGateway } from './deps';

/** Marketo takes no more for one attribute. */
const MAX_CHOICES = 1_000;
const WAIT_MS = 5_000;

interface Choice {
  readonly displayValue: { readonly en_US: string };
  readonly submittedValue: string;
}

interface Picklist {
  readonly choices: readonly Choice[];
}

const picklistBody = z
  .object(
    {
      name: z.string({ error: 'must be the name of an attribute' }),
      type: z.string({ error: 'must be "flow"' }),
    },
    { error: 'must be a JSON object' },
  )
  .meta({ example: { name: 'assignTo', type: 'flow' } });

export function registerPicklists(
  app: FastifyInstance,
  path: string,
  checkKey: CheckToken,
  { flowStep, log }: FlowStepGateway,
): void {
  app.withTypeProvider<ZodBodies>().post(path, { schema: { body: picklistBody } }, (request) => answer(request.body, request));

  async function answer({ name, type }: z.output<typeof picklistBody>, request: FastifyRequest): Promise<Picklist> {
    if (type === 'flow' && name === 'syncAs') return { choices: [choice('Lead', 'lead'), choice('Contact', 'contact')] };
    if (type !== 'flow' || name !== 'assignTo')
      throw new HttpError(400, 'badRequest', 'There is no such picklist: syncAs and assignTo, of type flow, are all there are.');
    // Names of employees are for Marketo alone.
    await checkKey(request);
    const owners = await fromStore(flowStep.chunks.owners(), WAIT_MS, log);
    return { choices: owners.slice(0, MAX_CHOICES).map(ownerChoice) };
  }
}

function choice(label: string, submittedValue: string): Choice {
  return { displayValue: { en_US: label }, submittedValue };
}

/** The GUID is submitted: it stays when a user changes name or address. */
function ownerChoice({ id, name, email }: Owner): Choice {
  return choice(email === undefined || email === name ? name : `${name} (${email})`, id);
}
