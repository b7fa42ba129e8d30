/** What Marketo sends to a flow step, and what Adobe's own schema says of what is sent and answered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';

export const CALLBACK_URL = 'https://mkto-cfa.adobe.io/customflowaction/submitCustomFlowAction';

/** A call for people with these ids, as Marketo makes it. `over` replaces members. */
export function call(ids: readonly unknown[] = [318592], over: object = {}): Record<string, unknown> {
  return {
    token: 'eb26ba28-e3f4-4423-a75d-28118b81828c',
    batchid: '9e7df252-1969-4f22-861a-82d19769eb1b',
    apiCallBackKey: '123abc',
    campaignId: 1001,
    callbackUrl: CALLBACK_URL,
    context: {
      subscription: { munchkinId: 'AAA-999-ZZZ', prefix: 'acme' },
      campaign: { id: 1001, name: 'Sync MQLs', type: 'trigger' },
      admin: {},
    },
    objectData: ids.map((id) => person(id)),
    ...over,
  };
}

export function person(id: unknown, flowStepContext: object = { syncAs: 'lead', assignTo: '' }): object {
  return { objectType: 'lead', objectContext: { id, email: 'a@b.com' }, flowStepContext };
}

const adobe = parse(readFileSync(join(__dirname, 'ssfs-schema.yaml'), 'utf8')) as object;

/** What Adobe's schema finds wrong; nothing when all is well. `component` is one of its `#/components/schemas`. */
export function adobeProblems(value: unknown, component?: string): readonly string[] {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, logger: false });
  ajv.addSchema(adobe, 'ssfs');
  const validate = ajv.getSchema(component === undefined ? 'ssfs' : `ssfs#/components/schemas/${component}`);
  if (validate === undefined) throw new Error(`Adobe has no schema ${component}`);
  return validate(value) === true ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
