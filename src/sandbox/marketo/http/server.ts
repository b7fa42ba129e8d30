/** From an HTTP request to an answer: size, token, limits, endpoint, envelope. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FrameProblem } from '../../frame';
import { authenticate, nameCaller } from '../identity/authenticate';
import { answerToken, TOKEN_PATH } from '../identity/endpoint';
import type { Instance } from '../instance';
import { type Admission, UNCOUNTED } from '../limits/admission';
import { readSent, type Sent } from './call';
import { compressed } from './compress';
import { type Answer, type Envelope, failure, isPlain, MarketoError, newRequestId, type PlainAnswer, success } from './envelope';
import type { Router } from './router';
import { bodyTooLarge, refuseSize } from './size';

export interface MarketoServer {
  answer(request: FastifyRequest, reply: FastifyReply): FastifyReply;
  answerProblem(problem: FrameProblem, request: FastifyRequest, reply: FastifyReply): FastifyReply;
  callerOf(request: FastifyRequest): string | undefined;
  operationOf(request: FastifyRequest): string;
}

/** `instance` is asked for at each request: a reset puts a new one in its place. */
export function createMarketoServer(instance: () => Instance, router: Router, admission: Admission): MarketoServer {
  // The frame asks for caller and operation before the answer is made; reading the request once is enough.
  const read = new WeakMap<FastifyRequest, Sent>();
  const sentOf = (request: FastifyRequest): Sent => {
    let sent = read.get(request);
    if (sent === undefined) read.set(request, (sent = readSent(request.method, request.url, request.headers, request.body)));
    return sent;
  };
  return {
    answer(request, reply) {
      const sent = sentOf(request);
      const refused = refuseSize(request.url, sent.body);
      if (refused !== undefined) return sendPlain(reply, refused);
      if (sent.path === TOKEN_PATH) return sendPlain(reply, answerToken(sent, instance().tokens));
      return answerCall(sent, instance(), router, admission, reply);
    },
    answerProblem({ status, code }, _request, reply) {
      if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return sendPlain(reply, bodyTooLarge());
      return sendJson(reply, failure(newRequestId(instance().clock.now()), problemReason(status, code)));
    },
    callerOf: (request) => nameCaller(sentOf(request), instance().tokens),
    operationOf(request) {
      const { method, path } = sentOf(request);
      if (path === TOKEN_PATH) return `${method} ${TOKEN_PATH}`;
      const found = router(method, path);
      return found instanceof MarketoError ? `${method} unknown` : `${method} ${found.route.path}`;
    },
  };
}

function answerCall(sent: Sent, instance: Instance, router: Router, admission: Admission, reply: FastifyReply): FastifyReply {
  const requestId = newRequestId(instance.clock.now());
  let user = 'unknown';
  try {
    const caller = authenticate(sent, instance.tokens, instance.settings);
    user = caller.user;
    const found = router(sent.method, sent.path);
    if (found instanceof MarketoError && UNCOUNTED.has(found.code)) throw found;
    admission.admit(instance.usage, instance.settings, instance.clock);
    if (found instanceof MarketoError) throw found;
    const call = { ...sent, segments: found.segments, caller: caller.clientId, user, requestId };
    const answer = found.route.answer(call, instance);
    instance.usage.count(user, undefined);
    return send(reply, requestId, answer);
  } catch (error) {
    if (!(error instanceof MarketoError)) throw error;
    instance.usage.count(user, error.code);
    return sendJson(reply, failure(requestId, error));
  }
}

function send(reply: FastifyReply, requestId: string, answer: Answer): FastifyReply {
  return isPlain(answer) ? sendPlain(reply, answer) : sendJson(reply, success(requestId, answer satisfies Envelope));
}

const sendPlain = (reply: FastifyReply, { status, headers = {}, body }: PlainAnswer): FastifyReply =>
  reply.code(status).headers(headers).send(body);

function sendJson(reply: FastifyReply, body: object): FastifyReply {
  const text = JSON.stringify(body);
  const small = compressed(text, reply.request.headers['accept-encoding']);
  if (small !== undefined) reply.header('content-encoding', 'gzip');
  return reply
    .code(200)
    .header('content-type', 'application/json;charset=UTF-8')
    .send(small ?? text);
}

/** What Marketo would say to a request the framework could not read, or when the sandbox itself is broken. */
function problemReason(status: number, code: string | undefined): { readonly code: string; readonly message: string } {
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return { code: '612', message: 'Invalid Content Type' };
  if (status === 404) return { code: '605', message: 'HTTP Method not supported' };
  if (status < 500) return { code: '610', message: 'Requested resource not found' };
  return { code: '611', message: 'System error' };
}
