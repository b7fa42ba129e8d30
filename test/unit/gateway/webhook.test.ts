import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answer, GATEWAY_TOKEN, OPERATOR_TOKEN, startTestGateway, type TestGateway } from './support';

const PATH = '/marketo/webhook/sync-person-to-microsoft';

describe('the webhook', () => {
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await startTestGateway({ waits: { acceptMs: 150 } });
  });
  afterEach(() => gateway.close());
  const call = (body: unknown, headers?: Record<string, string>): Promise<Answer> =>
    gateway.send('POST', PATH, { token: GATEWAY_TOKEN, body, ...(headers && { headers }) });

  describe('what is answered', () => {
    it('waits for the outcome and answers 200 with it', async () => {
      gateway.requests.onAccepted = ({ requestId }) =>
        setTimeout(() => gateway.requests.end(requestId, { status: 'created', microsoftId: 'guid-1', code: 'internal' }), 30);
      const answer = await call({ leadId: 42 });
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual({ status: 'created', microsoftId: 'guid-1' });
    });

    it.each(['linked', 'alreadySynced', 'rejected', 'review'] as const)('passes on %s with its reason', async (status) => {
      gateway.requests.onAccepted = ({ requestId }) => gateway.requests.end(requestId, { status, reason: 'Because.' });
      expect(await call({ leadId: 42 })).toMatchObject({ status: 200, json: { status, reason: 'Because.' } });
    });

    it('answers 202 with the workflow when the outcome takes longer than the wait', async () => {
      const answer = await call({ leadId: '42' });
      expect(answer.status).toBe(202);
      expect(answer.json).toEqual({ status: 'queued', workflowId: 'create/42' });
    });

    it('answers 503 with Retry-After when the row is not durable in time', async () => {
      gateway.requests.commitMs = 400;
      const answer = await call({ leadId: 42 });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(answer.json.error).toBe('unavailable');
      expect(gateway.temporal.signals).toEqual([]);
    });

    it('answers 503 when the store refuses', async () => {
      gateway.requests.down = true;
      expect((await call({ leadId: 42 })).status).toBe(503);
    });

    it('answers 202 when the store goes away after the row was kept', async () => {
      gateway.requests.onAccepted = () => {
        gateway.requests.down = true;
      };
      expect((await call({ leadId: 42 })).status).toBe(202);
    });

    it('answers 202 at once when the gateway is being stopped', async () => {
      const slow = await startTestGateway({ waits: { outcomeMs: 30_000 } });
      const started = Date.now();
      const answer = slow.send('POST', PATH, { token: GATEWAY_TOKEN, body: { leadId: 42 } });
      while (slow.requests.accepted.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await slow.close();
      expect((await answer).status).toBe(202);
      expect(Date.now() - started).toBeLessThan(5_000);
    });
  });

  describe('what Temporal is told', () => {
    it('signals the create workflow with the request id only', async () => {
      await call({ leadId: 42, requestId: 'r-1', assignTo: 'owner@example.com' });
      expect(gateway.temporal.signals).toEqual([['42', '42/r-1']]);
    });

    it('answers the same while Temporal is away, because the row is enough', async () => {
      gateway.temporal.down = true;
      gateway.requests.onAccepted = ({ requestId }) =>
        setTimeout(() => gateway.requests.end(requestId, { status: 'created' }), 30);
      expect(await call({ leadId: 42 })).toMatchObject({ status: 200, json: { status: 'created' } });
      expect(gateway.lines.some((line) => line.includes('could not be signalled') && line.includes('"42"'))).toBe(true);
    });

    it('a request sent again is one request; once ended it is answered from the store', async () => {
      await call({ leadId: 42, requestId: 'r-1' });
      await call({ leadId: 42, requestId: 'r-1' });
      expect(gateway.requests.accepted.size).toBe(1);
      gateway.requests.end('42/r-1', { status: 'linked' });
      const signals = gateway.temporal.signals.length;
      expect(await call({ leadId: 42, requestId: 'r-1' })).toMatchObject({ status: 200, json: { status: 'linked' } });
      expect(gateway.temporal.signals).toHaveLength(signals);
    });

    it('the same request id of two people is two requests; no request id is a new one each time', async () => {
      await call({ leadId: 42, requestId: 'campaign-7' });
      await call({ leadId: 43, requestId: 'campaign-7' });
      await call({ leadId: 42 });
      await call({ leadId: 42 });
      expect(gateway.requests.accepted.size).toBe(4);
    });
  });

  describe('what is read', () => {
    it('keeps every member', async () => {
      await call({ leadId: 42, syncAs: 'contact', assignTo: ' owner@example.com ', requestId: 7, campaignId: 1001 });
      expect(gateway.requests.only).toEqual({
        caller: 'campaigns',
        requestId: '42/7',
        marketoId: '42',
        syncAs: 'contact',
        assignTo: 'owner@example.com',
        campaignId: '1001',
        source: 'webhook',
      });
    });

    it('reads Marketo templates: numbers as strings, empty tokens as nothing, any case of syncAs', async () => {
      await call({ leadId: '42', syncAs: 'Contact', assignTo: '', requestId: '', campaignId: null });
      expect(gateway.requests.only).toMatchObject({ marketoId: '42', syncAs: 'contact' });
      expect(gateway.requests.only).not.toHaveProperty('assignTo');
      expect(gateway.requests.only).not.toHaveProperty('campaignId');
    });

    it('an empty syncAs is the default', async () => {
      await call({ leadId: 42, syncAs: '' });
      expect(gateway.requests.only.syncAs).toBe('lead');
    });

    it.each(['9007199254740993', '"9007199254740993"'])('keeps the id %s beyond 2^53 as it is', async (id) => {
      await call(`{"leadId": ${id}, "campaignId": "x 9007199254740993"}`);
      expect(gateway.requests.only).toMatchObject({ marketoId: '9007199254740993', campaignId: 'x 9007199254740993' });
    });

    it('ignores members it does not know', async () => {
      await call({ leadId: 42, anything: 'else' });
      expect(gateway.requests.only.marketoId).toBe('42');
    });
  });

  describe('what is refused with 400', () => {
    it.each([
      ['no leadId', {}, 'leadId is missing'],
      ['an empty leadId', { leadId: '' }, 'leadId must be a Marketo id'],
      ['a leadId of another type', { leadId: [42] }, 'leadId must be a Marketo id'],
      ['a negative leadId', { leadId: -1 }, 'leadId must be a Marketo id'],
      ['a fraction', { leadId: 1.5 }, 'leadId must be a Marketo id'],
      ['more than 64 bits', { leadId: '9223372036854775808' }, 'leadId must be a Marketo id'],
      ['an unknown syncAs', { leadId: 42, syncAs: 'account' }, 'syncAs must be "lead" or "contact"'],
      ['a misspelt member', { leadId: 42, syncas: 'contact' }, 'syncas must be written syncAs'],
      ['an e-mail as request id', { leadId: 42, requestId: 'someone@example.com' }, 'requestId must be at most 200'],
      ['a list', [], 'The body must be a JSON object'],
      ['null', 'null', 'The body must be a JSON object'],
      ['no JSON', '{"leadId": secret', 'The body is not valid JSON.'],
      ['nothing', '', 'The body is empty'],
    ])('%s', async (_name, body, message) => {
      const answer = await call(body);
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ error: 'badRequest', message: expect.stringContaining(message) });
      expect(gateway.requests.accepted.size).toBe(0);
    });

    it('shows an example, and names each member that is wrong', async () => {
      const { json } = await call({ syncAs: 'account' });
      expect(json.problems.map((problem: { member: string }) => problem.member)).toEqual(['leadId', 'syncAs']);
      expect(json.example).toMatchObject({ leadId: 1234, syncAs: 'lead' });
    });
  });

  describe('who may call, and how', () => {
    it.each([
      ['no token', undefined],
      ['another token', 'Bearer something-else'],
      ["the operators' token", `Bearer ${OPERATOR_TOKEN}`],
      ['another scheme', `Basic ${GATEWAY_TOKEN}`],
    ])('401 for %s', async (_name, authorization) => {
      const answer = await gateway.send('POST', PATH, {
        body: { leadId: 42 },
        ...(authorization && { headers: { authorization } }),
      });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="/);
      expect(answer.json.error).toBe('unauthorized');
      expect(gateway.requests.accepted.size).toBe(0);
    });

    it('415 for a form, and says which header to send', async () => {
      const answer = await call('leadId=42', { 'content-type': 'application/x-www-form-urlencoded' });
      expect(answer.status).toBe(415);
      expect(answer.json.message).toContain('Content-Type: application/json');
    });

    it('accepts a charset', async () => {
      expect((await call({ leadId: 42 }, { 'content-type': 'application/json; charset=UTF-8' })).status).toBe(202);
    });

    it('413 above one megabyte', async () => {
      const answer = await call({ leadId: 42, assignTo: 'x'.repeat(1024 * 1024) });
      expect(answer).toMatchObject({ status: 413, json: { error: 'tooLarge' } });
    });

    it('404 as JSON for other paths and methods', async () => {
      expect(await gateway.send('GET', PATH, { token: GATEWAY_TOKEN })).toMatchObject({
        status: 404,
        json: { error: 'notFound' },
      });
      expect(await gateway.send('POST', '/nowhere', { body: {} })).toMatchObject({ status: 404, json: { error: 'notFound' } });
    });
  });

  it('keeps the name of the token with the request and in the log, never the token', async () => {
    await call({ leadId: 42 });
    expect(gateway.requests.only.caller).toBe('campaigns');
    const line = gateway.lines.find((one) => one.includes('"creation request"'));
    expect(line).toContain('"caller":"campaigns"');
    expect(gateway.lines.join()).not.toContain(GATEWAY_TOKEN);
  });

  it('logs ids and never what a person is', async () => {
    await call({ leadId: 42, assignTo: 'owner@example.com', requestId: 'r-1' });
    await call({ leadId: 42, assignTo: 'owner@example.com', syncAs: 'someone private' });
    await call('{"leadId": 42, "private": ');
    const text = gateway.lines.join('\n');
    expect(text).toContain('"marketoId":"42"');
    for (const secret of ['owner@example.com', 'private', GATEWAY_TOKEN]) expect(text).not.toContain(secret);
  });
});
