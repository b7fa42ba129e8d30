/** Request bodies: zod schemas checked by the framework, with messages that name the member and show an example. */
import type { FastifyInstance, FastifyTypeProvider } from 'fastify';
import { z } from 'zod';
import { isGuid } from '../core/guid';
import { HttpError } from './errors';
import { parseJson } from './json';

/** Gives handlers the type of the route's zod schema. */
export interface ZodBodies extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
}

/** Accepts JSON bodies only, and checks them with the route's zod schema. The schema's `example` is part of every refusal. */
export function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, parseJson(String(text)));
    } catch {
      // The parser's own message quotes the body.
      done(
        new HttpError(400, 'badRequest', text === '' ? 'The body is empty: send a JSON object.' : 'The body is not valid JSON.'),
      );
    }
  });
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (body: unknown) => {
    const parsed = schema.safeParse(body);
    return parsed.success ? { value: parsed.data } : { error: refusal(parsed.error, schema) };
  });
}

/** A thousand people with one mistake each are told of as many as somebody reads. */
const MAX_PROBLEMS = 10;

function refusal(error: z.ZodError, schema: z.ZodType): HttpError {
  const problems = error.issues.slice(0, MAX_PROBLEMS).map((issue) => ({ member: issue.path.join('.'), message: issue.message }));
  const message = problems.map((problem) => `${problem.member || 'The body'} ${problem.message}.`).join(' ');
  const example = z.globalRegistry.get(schema)?.['example'];
  return new HttpError(400, 'badRequest', message, { problems, ...(example !== undefined && { example }) });
}

// ---------------------------------------------------------------- kinds of members

const MAX_INT64 = 2n ** 63n - 1n;

/** A number or a string of digits, as Marketo's tokens may render either; read as the decimal string. */
export function marketoId(): z.ZodType<string, string | number> {
  const message = 'must be a Marketo id: a positive whole number, such as 1234 or "1234"';
  return idText(message).refine(isMarketoId, message);
}

const BRACED = /^\{(.*)\}$/;

/** The GUID of a Dynamics row. Dynamics itself shows GUIDs with braces and in capitals. */
export function rowId(): z.ZodType<string, string | number> {
  const message = 'must be the GUID of a contact or lead';
  return idText(message).transform(plainGuid).refine(isGuid, message);
}

/** A Marketo id or the GUID of a Dynamics row. */
export function recordId(): z.ZodType<string, string | number> {
  const message = 'must be a Marketo id such as 1234, or the GUID of a contact or lead';
  return idText(message)
    .transform(plainGuid)
    .refine((text) => isGuid(text) || isMarketoId(text), message);
}

const plainGuid = (text: string): string => text.replace(BRACED, '$1').toLowerCase();

function idText(message: string) {
  return z
    .union([z.string(), z.number()], { error: ({ input }) => (input === undefined ? 'is missing' : message) })
    .transform((value) => String(value).trim());
}

function isMarketoId(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= MAX_INT64;
}

/** An empty token of a Marketo template arrives as an empty string: the same as leaving the member out. */
export function optional<T extends z.ZodType>(schema: T): z.ZodType<z.output<T> | undefined, z.input<T> | '' | null | undefined> {
  return z.preprocess(
    (value) => (value === null || (typeof value === 'string' && value.trim() === '') ? undefined : value),
    schema.optional(),
  );
}

/** An id that callers choose. It is shown in Temporal and in logs, hence never an e-mail address. */
export function plainId(): z.ZodType<string, string | number> {
  return z
    .union([z.string(), z.number()], { error: 'must be a string or a number' })
    .transform((value) => String(value).trim())
    .refine(
      (value) => /^[\w .:+/=-]{1,200}$/.test(value),
      'must be at most 200 letters, digits, spaces or _.:+/=- (it is shown in logs)',
    );
}

/** Refuses members that are one of `known` misspelt (`syncas`, `assign_to`): ignoring them would do something else than was asked. */
export function refuseMisspelt(
  known: readonly string[],
): (body: Readonly<Record<string, unknown>>, context: z.RefinementCtx) => void {
  const plain = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');
  return (body, context) => {
    for (const name of Object.keys(body)) {
      const meant = known.find((other) => plain(other) === plain(name));
      if (meant !== undefined && meant !== name)
        context.addIssue({ code: 'custom', path: [name], message: `must be written ${meant}` });
    }
  };
}
