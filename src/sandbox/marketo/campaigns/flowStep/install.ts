/** Admin > Service Providers > Add New Service: from an OpenAPI address and a credential to a step in the palette. */
import { z } from 'zod';
import { ControlError } from '../../../control';
import type { Instance } from '../../instance';
import { type Definition, providerOf, readDefinition, readDocument, readPicklist, readStatus } from './provider';

export const installation = z.strictObject({
  /** Of the OpenAPI document. */
  url: z.url(),
  apiKey: z.string().min(1),
  /** Incoming fields by service attribute: a field's REST name, or null for none. What is left out is mapped as the service suggests. */
  incoming: z.record(z.string(), z.string().nullable()).default({}),
});

/** Does all that Marketo does, in its order; throws a `ControlError` with what is wrong. */
export async function install(instance: Instance, body: z.output<typeof installation>): Promise<object> {
  const document = await readDocument(body.url);
  const provider = providerOf(body.url, document, body.apiKey);
  const status = await readStatus(provider);
  const definition = await readDefinition(provider);
  const { apiName } = definition;
  if (instance.flowSteps.service(apiName) !== undefined)
    throw new ControlError(`a service named ${apiName} was installed before: names are never free again`);
  const picklists = Object.fromEntries(
    await Promise.all(
      definition.invocationPayloadDef.flowAttributes
        .filter(({ hasPicklist }) => hasPicklist)
        .map(async ({ apiName: name }) => [name, await readPicklist(provider, name)] as const),
    ),
  );
  const incoming = incomingFields(instance, definition, body.incoming);
  instance.flowSteps.putService({ id: instance.flowSteps.nextServiceId(), provider, definition, picklists, incoming });
  return { apiName, name: definition.i18n.en_US.name, status, picklists, incoming };
}

/** A suggestion counts only when name and type are those of a field. */
function incomingFields(instance: Instance, { callbackPayloadDef }: Definition, wanted: Readonly<Record<string, string | null>>) {
  const mapped = callbackPayloadDef.fields.flatMap(
    ({ serviceAttribute, suggestedMarketoAttribute, dataType }): [string, string][] => {
      const choice = wanted[serviceAttribute];
      if (choice === null) return [];
      const field = instance.fields.get(choice ?? suggestedMarketoAttribute ?? '');
      if (choice !== undefined && field === undefined) throw new ControlError(`there is no field ${choice}`);
      return field === undefined || field.dataType !== dataType ? [] : [[serviceAttribute, field.name]];
    },
  );
  return Object.fromEntries(mapped);
}
