/** What the OpenAPI document is put together from. */
import { z } from 'zod';

export type Json = Readonly<Record<string, unknown>>;

export const text: Json = { type: 'string' };
export const count: Json = { type: 'integer' };
export const flag: Json = { type: 'boolean' };
export const time: Json = { type: 'string', format: 'date-time' };
/** A field's value may be anything that JSON has, `null` included; OpenAPI 3.0 says that by saying nothing. */
export const value: Json = { description: 'As the vendor has it' };
export const list = (items: Json): Json => ({ type: 'array', items });
export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
export const oneOf = (...values: string[]): Json => ({ type: 'string', enum: values });
export const described = (schema: Json, description: string): Json => ({ ...schema, description });

/** An object whose members are all there, but for those marked `?`. */
export function object(members: Readonly<Record<string, Json>>): Json {
  const names = Object.keys(members);
  return {
    type: 'object',
    required: names.filter((name) => !name.endsWith('?')),
    properties: Object.fromEntries(names.map((name) => [name.replace('?', ''), members[name]])),
  };
}

export const answer = (description: string, schema: Json): Json => ({
  description,
  content: { 'application/json': { schema } },
});
export const refused = (description: string): Json => answer(description, ref('Error'));

/** What a body is checked with is what is shown. */
export function body(schema: z.ZodType): Json {
  return {
    required: true,
    content: { 'application/json': { schema: z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) } },
  };
}

// ---------------------------------------------------------------- answers that several operations have

export const campaign = [{ gatewayToken: [] }];
export const operator = [{ operatorToken: [] }];
export const guarded = { '401': refused('No token, or another one') };
export const badRequest = { '400': refused('Something is wrong; the message names the member') };
/** Of every operation that reads a body. */
export const withBody = {
  ...guarded,
  ...badRequest,
  '413': refused('The body is larger than 1 MiB'),
  '415': refused('The body is not JSON'),
};
export const storeAway = { '503': refused('The store does not answer: ask again later') };
export const reported = {
  '424': refused('It could not be done; the message says what to mend'),
  '503': refused('No report yet (stillRunning: ask again for it), or Temporal does not answer'),
};
export const cycleTriggered: Json = described(flag, 'false: Temporal did not answer, records wait for the next cycle');
