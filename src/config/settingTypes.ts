/** The kinds of settings. Each message says how to fix the variable and never quotes the value, which may be a secret. */
import { z } from 'zod';
import { type NamedToken, readTokens, TOKEN } from './namedTokens';

/** Any text; optional unless it has a default. */
export function text(description: string): z.ZodOptional<z.ZodString>;
export function text(description: string, fallback: string): z.ZodDefault<z.ZodString>;
export function text(description: string, fallback?: string): z.ZodType {
  return withFallback(z.string(), description, fallback);
}

/**
 * A base URL, without trailing slash. Plain http only for this machine and for single-label names (a compose network):
 * anything else would send a bearer token in the clear.
 */
export function httpUrl(description: string): z.ZodOptional<z.ZodType<string>>;
export function httpUrl(description: string, fallback: string): z.ZodDefault<z.ZodType<string>>;
export function httpUrl(description: string, fallback?: string): z.ZodType {
  const schema = z
    .string()
    .refine((value) => parseUrl(value, ['http:', 'https:']) !== undefined, 'is not a URL: write it out with https://.')
    .refine((value) => isSafe(value), 'must start with https:// (plain http is accepted for this machine only).')
    .transform((value) => value.replace(/\/+$/, ''));
  return withFallback(schema, description, fallback);
}

export function postgresUrl(description: string): z.ZodOptional<z.ZodString> {
  const message = 'is not a PostgreSQL URL: write postgres://user:password@host:5432/name, special characters percent-encoded.';
  return z
    .string()
    .refine((value) => parseUrl(value, ['postgres:', 'postgresql:']) !== undefined, message)
    .optional()
    .describe(description);
}

/** `host:port`. */
export function address(description: string): z.ZodOptional<z.ZodString> {
  return z
    .string()
    .regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port, such as 127.0.0.1:7233, without http://.')
    .optional()
    .describe(description);
}

/** Host names with commas between them; `*.` in front of one stands for all names below it. */
export function hostNames(description: string): z.ZodDefault<z.ZodType<readonly string[], string>> {
  const schema = z
    .string()
    .transform((value) =>
      value
        .toLowerCase()
        .split(/[\s,]+/)
        .filter((name) => name !== ''),
    )
    .refine(
      (names) => names.every((name) => /^(?:\*\.)?[a-z\d](?:[a-z\d.-]*[a-z\d])?$/.test(name)),
      'must be host names with commas between them, such as hooks.example.com, without https:// and ports.',
    );
  return schema.default([]).describe(description);
}

/** A bearer token. */
export function token(description: string): z.ZodOptional<z.ZodString> {
  return z
    .string()
    .regex(TOKEN, 'must be 8 or more letters, digits or -._~+/= (such as the output of `openssl rand -hex 32`).')
    .optional()
    .describe(description);
}

/** `name:token`, with commas between them. */
export function namedTokens(description: string): z.ZodDefault<z.ZodType<readonly NamedToken[], string>> {
  const schema = z.string().transform((value, context) => {
    const read = readTokens(value);
    if ('tokens' in read) return read.tokens;
    context.addIssue({ code: 'custom', message: read.problem });
    return z.NEVER;
  });
  return schema.default([]).describe(description);
}

/** A whole number within a range, both ends included. */
export function whole(
  fallback: number,
  least: number,
  most: number,
  description: string,
): z.ZodDefault<z.ZodType<number, string>> {
  const message = `must be a whole number from ${least} to ${most}.`;
  const schema = z
    .string()
    .regex(/^\d+$/, { message, abort: true })
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
  return schema.default(fallback).describe(description);
}

export function portNumber(fallback: number, description: string): z.ZodDefault<z.ZodType<number, string>> {
  return whole(fallback, 1, 65_535, description);
}

export function oneOf<const T extends string>(values: readonly T[], fallback: NoInfer<T>, description: string): z.ZodType<T> {
  return z
    .enum(values, `must be one of ${values.join(', ')}.`)
    .default(() => fallback)
    .describe(description);
}

function withFallback(schema: z.ZodType<unknown, string>, description: string, fallback: string | undefined): z.ZodType {
  return fallback === undefined ? schema.optional().describe(description) : schema.default(fallback).describe(description);
}

function parseUrl(value: string, protocols: readonly string[]): URL | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url && protocols.includes(url.protocol) ? url : undefined;
}

function isSafe(value: string): boolean {
  const url = parseUrl(value, ['http:', 'https:']);
  if (url === undefined || url.protocol === 'https:') return true;
  return /^(?:127\.\d+\.\d+\.\d+|\[::1\]|[^.:]+)$/.test(url.hostname);
}
