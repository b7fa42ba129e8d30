import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, RetryState, TerminatedFailure } from '@temporalio/common';
import { type Answer, OPERATOR_TOKEN, startTestGateway, type TestGateway } from './support';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startTestGateway({ waits: { reportMs: 150 } });
});
afterEach(() => gateway.close());

const setUp = (): Promise<Answer> => gateway.send('POST', '/operator/setup', { token: OPERATOR_TOKEN });

function failWith(cause: Error): void {
  gateway.temporal.onSetUp = async () => {
    throw new WorkflowFailedError('Workflow execution failed', cause, RetryState.RETRY_POLICY_NOT_SET);
  };
}

describe('POST /operator/setup', () => {
  test('answers what was made', async () => {
    const report = { createdFields: ['microsoftId'], preparedTypes: ['syncPersonToMicrosoft'] };
    gateway.temporal.onSetUp = async () => report;
    expect(await setUp()).toMatchObject({ status: 200, json: report });
  });

  test('424 with our own sentence when Marketo refuses', async () => {
    const refusal = ApplicationFailure.nonRetryable('Marketo does not let us in (601): check credentials', 'Config');
    failWith(new ActivityFailure('Activity task failed', 'setUp', '1', RetryState.NON_RETRYABLE_FAILURE, 'worker', refusal));
    expect(await setUp()).toMatchObject({
      status: 424,
      json: {
        error: 'failed',
        message: expect.stringMatching(/^Marketo does not let us in \(601\): check credentials\. .*ask again/),
        workflowId: 'set-up',
      },
    });
  });

  test('503 when an operator ended the run in Temporal', async () => {
    failWith(new TerminatedFailure('by hand'));
    expect(await setUp()).toMatchObject({ status: 503, json: { error: 'ended', workflowId: 'set-up' } });
  });

  test('503 when no worker works on it in time; asked again, it is the report of the same run', async () => {
    let end: (report: { createdFields: string[]; preparedTypes: string[] }) => void = () => undefined;
    const run = new Promise<{ createdFields: string[]; preparedTypes: string[] }>((resolve) => {
      end = resolve;
    });
    gateway.temporal.onSetUp = () => run;
    const answer = await setUp();
    expect(answer).toMatchObject({ status: 503, json: { error: 'stillRunning', workflowId: 'set-up' } });
    expect(answer.json.message).toContain('the worker does not run');
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    end({ createdFields: ['late'], preparedTypes: [] });
    expect(await setUp()).toMatchObject({ status: 200, json: { createdFields: ['late'] } });
  });

  test('503 when Temporal is away: nothing was started', async () => {
    gateway.temporal.down = true;
    const { status, json } = await setUp();
    expect(status).toBe(503);
    expect(json).toEqual({ error: 'unavailable', message: expect.stringContaining('Temporal does not answer') });
  });

  test('is answered at once when the gateway is being stopped', async () => {
    const slow = await startTestGateway({ waits: { reportMs: 30_000 } });
    const asked = new Promise<void>((resolve) => {
      slow.temporal.onSetUp = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const started = Date.now();
    const answer = slow.send('POST', '/operator/setup', { token: OPERATOR_TOKEN });
    await asked;
    await slow.close();
    expect(await answer).toMatchObject({ status: 503, json: { error: 'stillRunning' } });
    expect(Date.now() - started).toBeLessThan(5_000);
  });
});
