/** Dataverse over HTTP: token endpoint, bearer tokens, batches, everything else as single operations. */
import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FrameProblem } from '../frame';
import { type BatchAnswer, type BatchPart, type BatchRequest, decodeBatch, encodeAnswers } from './batch';
import type { Instance } from './instance';
import { type Answer, continuesOnError, perform, refusal } from './operations';
import { type Caller, CALLERS, TENANT } from './security';
import { DataverseError } from './errors';

const TOKEN_LIVES_SEC = 3_599;

interface Grant {
  readonly caller: Caller;
  readonly untilMs: number;
}

export interface DataverseServer {
  answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  callerOf(request: FastifyRequest): string | undefined;
  operationOf(request: FastifyRequest): string;
  answerProblem(problem: FrameProblem, request: FastifyRequest, reply: FastifyReply): void;
}

export function createDataverseServer(instance: () => Instance): DataverseServer {
  /** Tokens are forgotten with the process, as callers expect of tokens: they fetch another. */
  const grants = new Map<string, Grant>();

  function grantOf(request: FastifyRequest): Grant | undefined {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const grant = token === undefined ? undefined : grants.get(token);
    return grant !== undefined && grant.untilMs > instance().clock.now().getTime() ? grant : undefined;
  }

  function issueToken(request: FastifyRequest): Answer {
    const form = new URLSearchParams(textOf(request));
    const tenant = request.url.split('/')[1];
    const caller = CALLERS.find((one) => one.clientId === form.get('client_id'));
    if (tenant !== TENANT) return oauthError('invalid_request', `AADSTS90002: Tenant '${tenant ?? ''}' not found.`);
    if (form.get('grant_type') !== 'client_credentials')
      return oauthError('unsupported_grant_type', 'AADSTS70003: The grant type is not supported.');
    if (!form.get('scope')?.endsWith('/.default'))
      return oauthError('invalid_scope', 'AADSTS1002012: The provided value for scope is not valid.');
    if (caller === undefined)
      return oauthError('unauthorized_client', 'AADSTS700016: Application was not found in the directory.');
    if (caller.secret !== form.get('client_secret'))
      return oauthError('invalid_client', 'AADSTS7000215: Invalid client secret provided.', 401);
    const token = randomBytes(32).toString('base64url');
    grants.set(token, { caller, untilMs: instance().clock.now().getTime() + TOKEN_LIVES_SEC * 1_000 });
    return plainJson(200, {
      token_type: 'Bearer',
      expires_in: TOKEN_LIVES_SEC,
      ext_expires_in: TOKEN_LIVES_SEC,
      access_token: token,
    });
  }

  function batch(request: FastifyRequest, origin: string): Answer {
    const items = decodeBatch(request.headers['content-type'] ?? '', textOf(request));
    const goesOn = continuesOnError(headerOf(request, 'prefer'));
    const parts: BatchPart[] = [];
    for (const item of items) {
      const part = 'changeSet' in item ? changeSet(item.changeSet, origin) : single(item, origin);
      parts.push(part);
      const status = 'changeSet' in part ? (part.changeSet.find((one) => one.status >= 400)?.status ?? 200) : part.status;
      if (status >= 400 && !goesOn) {
        const { contentType, body } = encodeAnswers(parts);
        return { status, headers: { 'Content-Type': contentType, 'OData-Version': '4.0' }, body };
      }
    }
    const { contentType, body } = encodeAnswers(parts);
    return { status: 200, headers: { 'Content-Type': contentType, 'OData-Version': '4.0' }, body };
  }

  function single({ method, url, headers, body, contentId }: BatchRequest, origin: string): BatchAnswer {
    return { ...perform(instance(), { method, url, headers, body, origin }), contentId };
  }

  /** One transaction: the first failure is the whole answer, and nothing of the set stays. */
  function changeSet(requests: readonly BatchRequest[], origin: string): BatchAnswer | { changeSet: BatchAnswer[] } {
    if (requests.some((one) => one.contentId === undefined))
      return refusal(new DataverseError(400, '0x80060888', 'Content-ID header not present'));
    const answers: BatchAnswer[] = [];
    instance().rows.transaction(() => {
      for (const request of requests) answers.push(single(resolved(request, answers), origin));
      return answers.every((answer) => answer.status < 400);
    });
    const failed = answers.find((answer) => answer.status >= 400);
    return { changeSet: failed === undefined ? answers : [failed] };
  }

  return {
    async answer(request, reply) {
      const origin = `${request.protocol}://${request.headers.host ?? '127.0.0.1'}`;
      return send(reply, respond(request, origin));
    },
    callerOf: (request) =>
      grantOf(request)?.caller.clientId ?? new URLSearchParams(textOf(request)).get('client_id') ?? undefined,
    operationOf: (request) =>
      `${request.method} ${request.url
        .replace(/\?.*$/s, '')
        .replace(/^\/api\/data\/v9\.[0-2]/, '')
        .replace(/\([^)]*\)/g, '()')}`,
    answerProblem(problem, _request, reply) {
      void send(reply, refusal(new DataverseError(problem.status, '0x0', problem.message)));
    },
  };

  function respond(request: FastifyRequest, origin: string): Answer {
    const path = request.url.replace(/\?.*$/s, '');
    if (/^\/[^/]+\/oauth2\/v2\.0\/token$/.test(path)) return issueToken(request);
    if (/^\/[^/]+\/v2\.0\/\.well-known\/openid-configuration$/.test(path))
      return plainJson(200, discovery(origin, path.split('/')[1] ?? TENANT));
    const grant = grantOf(request);
    if (grant === undefined)
      return {
        status: 401,
        headers: { 'WWW-Authenticate': `Bearer authorization_uri=${origin}/${TENANT}/oauth2/authorize, resource_id=${origin}/` },
        body: '',
      };
    instance().security.userId = grant.caller.userId;
    try {
      if (/^\/api\/data\/v9\.[0-2]\/(?:\$|%24)batch$/i.test(path)) return batch(request, origin);
    } catch (error) {
      return refusal(error);
    }
    const headers = Object.fromEntries(Object.keys(request.headers).map((name) => [name, headerOf(request, name)]));
    const body = textOf(request) || undefined;
    return perform(instance(), { method: request.method, url: request.url, headers, body, origin });
  }
}

const textOf = ({ body }: FastifyRequest): string => (typeof body === 'string' ? body : '');

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** `$1` in a change set stands for the row that request 1 made. */
function resolved(request: BatchRequest, before: readonly BatchAnswer[]): BatchRequest {
  const replace = (text: string): string =>
    text.replace(
      /\$(\w+)(?=[/"?)]|$)/g,
      (whole, id: string) => before.find((one) => one.contentId === id)?.headers['Location'] ?? whole,
    );
  return { ...request, url: replace(request.url), body: request.body === undefined ? undefined : replace(request.body) };
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply
    .code(status)
    .headers({
      'x-ms-dop-hint': '4',
      'x-ms-ratelimit-burst-remaining-xrm-requests': '5999',
      'x-ms-ratelimit-time-remaining-xrm-requests': '1200.00',
      ...headers,
    })
    .send(body === '' ? undefined : body);
}

const plainJson = (status: number, body: object): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
});

const oauthError = (error: string, description: string, status = 400): Answer =>
  plainJson(status, { error, error_description: description, error_codes: [Number(/\d+/.exec(description)?.[0])] });

/** What MSAL asks for before it asks for a token. */
const discovery = (origin: string, tenant: string) => ({
  issuer: `${origin}/${tenant}/v2.0`,
  authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
  token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
  jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
  response_types_supported: ['code', 'id_token', 'token'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
});
