/** Errors as callers see them: `{error, message, ...}`, where the message says what to do next. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../core/ports';

/** Thrown to answer with an error. The message is for the caller and never quotes what was sent. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string,
    /** Further members of the answer. */
    readonly details: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** Makes every error of `app`, its own and the framework's, an `{error, message}` answer. */
export function answerErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler<FastifyError | HttpError>((error, request, reply) => {
    const known = error instanceof HttpError ? error : frameworkError(error, request);
    if (known) return send(reply, known);
    // Only the kind of error: its text may quote a statement's values.
    log.error({ route: request.routeOptions.url, error: error.name, code: error.code }, 'a request failed');
    return send(reply, new HttpError(500, 'internal', 'Something failed here. The log of the gateway names it.'));
  });
  app.setNotFoundHandler((request, reply) => send(reply, notFound(request)));
}

function notFound(request: FastifyRequest): HttpError {
  return new HttpError(
    404,
    'notFound',
    `There is no ${request.method} on this path. GET /operator/openapi.json lists what there is.`,
  );
}

function frameworkError(error: FastifyError, { routeOptions }: FastifyRequest): HttpError | undefined {
  if (error.statusCode === 413) {
    return new HttpError(413, 'tooLarge', `The body is larger than ${routeOptions.bodyLimit} bytes. Send it in smaller parts.`);
  }
  if (error.statusCode === 415) {
    return new HttpError(415, 'unsupportedMediaType', 'The body must be JSON: send the header Content-Type: application/json.');
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new HttpError(error.statusCode, 'badRequest', 'The request could not be read as HTTP with a JSON body.');
  }
  return undefined;
}

function send(reply: FastifyReply, error: HttpError): FastifyReply {
  return reply
    .code(error.statusCode)
    .headers(error.headers)
    .send({ error: error.code, message: error.message, ...error.details });
}
