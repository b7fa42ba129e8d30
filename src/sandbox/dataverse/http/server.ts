/** From an HTTP request to an answer: tenant or organisation, user, limits, operation or batch. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { v4 } from 'uuid';
import type { Faults } from '../../faults';
import type { FrameProblem } from '../../frame';
import { authenticate, clientOf } from '../auth/authenticate';
import { answerTenant, isTokenPath } from '../auth/tenant';
import { runBatch } from '../batch/run';
import type { Protection } from '../limits/protection';
import type { Organization } from '../organization';
import type { User } from '../security/user';
import { type Answer, type Headers, type Sent, sentOf } from './call';
import { perform } from './perform';
import { DataverseError } from './problem';
import { refusal } from './refusal';
import { headersOf, textOf } from './send';
import { LONGEST_URL, refuseLength } from './urlLength';

export interface ServerParts {
  /** Asked for at each request: a reset puts a new one in its place. */
  readonly organization: () => Organization;
  readonly protection: Protection;
  readonly faults: () => Faults;
  /** An operation is over and its writes stay. */
  readonly written: () => void;
}

export interface DataverseServer {
  /** The limits see a request from its first moment to its last, however it ends. */
  enter(request: FastifyRequest, reply: FastifyReply): void;
  answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  answerProblem(problem: FrameProblem, request: FastifyRequest, reply: FastifyReply): void;
  callerOf(request: FastifyRequest): string | undefined;
  operationOf(request: FastifyRequest): string;
}

const API = /^\/api\/data\/v9\.\d(?=\/|$)/;
/** How many requests at a time the sandbox recommends. */
const DEGREE_OF_PARALLELISM = '4';

export function createDataverseServer({ organization, protection, faults, written }: ServerParts): DataverseServer {
  async function respond(request: FastifyRequest, reply: FastifyReply): Promise<Answer | undefined> {
    const origin = originOf(request);
    const path = pathOf(request.url);
    const headers = headersIn(request);
    const { tokens, clock } = organization();
    const form = new URLSearchParams(bodyOf(request));
    const query = new URLSearchParams(request.url.slice(path.length));
    const tenant = answerTenant({ method: request.method, path, query, form, headers, origin }, tokens, clock.now());
    if (tenant !== undefined) return tenant;
    const service = API.exec(path)?.[0];
    if (service === undefined)
      throw new DataverseError(404, '', `No HTTP resource was found that matches the request URI '${path}'.`);
    const tooLong = refuseLength(request.url, LONGEST_URL);
    if (tooLong !== undefined) throw tooLong;
    const user = authenticate(headers, origin, organization());
    protection.admit(user.clientId);
    const rest = request.url.slice(service.length).replace(/^\//, '');
    const sent = sentOf(request.method, origin + service, rest, headers, request.body);
    return isBatch(sent) ? batch(sent, user, reply) : perform(sent, user, organization());
  }

  async function batch(sent: Sent, user: User, reply: FastifyReply): Promise<Answer | undefined> {
    const run = await runBatch(sent, { user, organization: organization(), faults: faults() });
    if (!run.isCut) return run.answer;
    organization().journal.commit();
    reply.hijack();
    reply.raw.socket?.destroy();
    return undefined;
  }

  function send(request: FastifyRequest, reply: FastifyReply, answer: Answer): FastifyReply {
    const clientId = clientOf(headersIn(request), organization().tokens);
    const left = clientId === undefined ? undefined : protection.remaining(clientId);
    return reply
      .code(answer.status)
      .headers({
        REQ_ID: v4(),
        'x-ms-service-request-id': v4(),
        'x-ms-dop-hint': DEGREE_OF_PARALLELISM,
        ...(left !== undefined && {
          'x-ms-ratelimit-burst-remaining-xrm-requests': String(left.requests),
          'x-ms-ratelimit-time-remaining-xrm-requests': left.executionSeconds.toFixed(2),
        }),
        ...headersOf(answer),
      })
      .send(textOf(answer) || undefined);
  }

  return {
    enter(request, reply) {
      const clientId = API.test(request.url) ? clientOf(headersIn(request), organization().tokens) : undefined;
      if (clientId === undefined) return;
      const begun = performance.now();
      const leave = protection.enter(clientId);
      reply.raw.once('close', () => leave(performance.now() - begun));
    },
    async answer(request, reply) {
      try {
        const answer = await respond(request, reply);
        if (answer === undefined) return reply;
        return send(request, reply, answer);
      } catch (error) {
        if (error instanceof DataverseError) return send(request, reply, refusal(error));
        throw error;
      } finally {
        written();
      }
    },
    answerProblem({ status, message }, request, reply) {
      void send(request, reply, refusal(new DataverseError(status, status < 500 ? '' : '0x80040216', message)));
    },
    callerOf(request) {
      const form = isTokenPath(pathOf(request.url)) ? new URLSearchParams(bodyOf(request)).get('client_id') : null;
      return form ?? clientOf(headersIn(request), organization().tokens);
    },
    operationOf: ({ method, url }) => `${method} ${operationName(pathOf(url))}${isSearch(url) ? '?$filter' : ''}`,
  };
}

const isBatch = ({ method, segments }: Sent): boolean =>
  method === 'POST' && segments.length === 1 && segments[0]?.name === '$batch';

/** Without what differs from call to call: version, keys, query. */
const operationName = (path: string): string => path.replace(API, '').replaceAll(/\([^()]*\)/g, '()') || '/';

/** A search is not the list that change tracking goes through. */
const isSearch = (url: string): boolean => /[?&](\$|%24)filter=/.test(url);

const originOf = (request: FastifyRequest): string => `${request.protocol}://${request.headers.host ?? '127.0.0.1'}`;

const pathOf = (url: string): string => url.replace(/\?.*$/s, '');

const bodyOf = ({ body }: FastifyRequest): string => (typeof body === 'string' ? body : '');

function headersIn(request: FastifyRequest): Headers {
  const entries = Object.entries(request.headers);
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
}
