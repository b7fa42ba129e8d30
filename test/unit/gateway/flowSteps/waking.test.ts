import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startStepGateway, type StepGateway, until } from './support';

let gateway: StepGateway;
beforeEach(async () => {
  gateway = await startStepGateway();
});
afterEach(() => gateway.close());

const call = { id: 'c1', kind: 'trigger', waiting: ['7', '8'] } as const;

describe('a call that nobody is at', () => {
  test('is taken up by a gateway that is open: its people and its answer, once', async () => {
    gateway.chunks.nobodyIsAt = [call];
    await until(() => gateway.started.length > 0);
    // No worker gets to it, so it stays in the list; the next one in the list shows that the list was looked at again.
    gateway.chunks.nobodyIsAt = [call, { id: 'c2', kind: 'batch', waiting: [] }];
    await until(() => gateway.started.length > 1);
    expect(gateway.started).toEqual([
      ['c1', 'trigger'],
      ['c2', 'batch'],
    ]);
    expect(gateway.temporal.signals).toEqual([
      ['7', 'flow-step/c1/7'],
      ['8', 'flow-step/c1/8'],
    ]);
  });

  test('is woken again after somebody was at it, and left it', async () => {
    gateway.chunks.nobodyIsAt = [call];
    await until(() => gateway.started.length === 1);
    gateway.chunks.nobodyIsAt = [];
    const looks = gateway.chunks.looks;
    await until(() => gateway.chunks.looks > looks + 1);
    gateway.chunks.nobodyIsAt = [call];
    await until(() => gateway.started.length === 2);
  });

  test('waits for Temporal, and for the store, without harm', async () => {
    gateway.temporal.down = true;
    gateway.chunks.nobodyIsAt = [call];
    await until(() => gateway.lines.join().includes('this flow step call is taken up later'));
    gateway.chunks.down = true;
    gateway.temporal.down = false;
    const looks = gateway.chunks.looks;
    await until(() => gateway.chunks.looks > looks + 1);
    expect(gateway.started).toEqual([]);
    gateway.chunks.down = false;
    await until(() => gateway.started.length === 1);
  });
});
