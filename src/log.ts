/** The log of a program: one JSON line per event on standard output. */
import pino from 'pino';
import type { LogLevel } from './config/env';
import type { Log } from './core/ports';

/** Members that must never be logged by accident, wherever they stand: they carry tokens or a person's data. */
const REDACTED = ['headers', 'authorization', 'token', 'secret', 'password', 'values', 'snapshot', 'body', 'email', 'phone'];

export function createLog(settings: { readonly logLevel: LogLevel }, name: string): Log {
  return pino({
    name,
    level: settings.logLevel,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: REDACTED.flatMap((member) => [member, `*.${member}`]), censor: '[left out]' },
  });
}
