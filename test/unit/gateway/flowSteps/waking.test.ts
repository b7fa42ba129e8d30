import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { call as flowStepCall } from '../../../support/flowSteps';
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

  test('is woken again when nobody has got to it for long', async () => {
    gateway.chunks.nobodyIsAt = [call];
    await until(() => gateway.started.length === 1);
    gateway.pass(9 * 60_000);
    const looks = gateway.chunks.looks;
    await until(() => gateway.chunks.looks > looks + 1);
    expect(gateway.started).toHaveLength(1);
    gateway.pass(61_000);
    await until(() => gateway.started.length === 2);
  });

  test('is not woken by the list while it waits for a worker, when its own delivery has woken it', async () => {
    expect((await gateway.submit(flowStepCall(['7']))).status).toBe(201);
    await until(() => gateway.started.length === 1);
    const { id } = gateway.chunks.only;
    gateway.chunks.nobodyIsAt = [
      { id, kind: 'trigger', waiting: ['7'] },
      { id: 'other', kind: 'batch', waiting: [] },
    ];
    // The other one shows that the list was looked at.
    await until(() => gateway.started.length === 2);
    expect(gateway.started).toEqual([
      [id, 'trigger'],
      ['other', 'batch'],
    ]);
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

describe('calls that come in a burst', () => {
  /** Calls whose people nobody else waits for. */
  const burst = (calls: number, peopleOfEach = 1) =>
    Array.from({ length: calls }, (_, index) => ({
      id: `c${index}`,
      kind: 'trigger' as const,
      waiting: Array.from({ length: peopleOfEach }, (__, person) => String(1 + index * peopleOfEach + person)),
    }));
  const countOf = (lots: readonly (readonly [readonly string[], readonly string[]])[]) =>
    lots.map(([people, chunks]) => [people.length, chunks.length]);

  test('have one run for all their people and answers, when they are many', async () => {
    gateway.chunks.nobodyIsAt = [...burst(10), { id: 'batch', kind: 'batch', waiting: [] }];
    await until(() => gateway.started.length > 0);
    expect(gateway.temporal.people).toEqual([
      [
        ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'],
        ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9'],
      ],
    ]);
    expect(gateway.temporal.signals).toEqual([]);
    expect(gateway.started).toEqual([['batch', 'batch']]);
  });

  test('and a run for each person when they are few, or ask for the same one', async () => {
    gateway.chunks.nobodyIsAt = [...burst(9), { id: 'again', kind: 'trigger', waiting: ['1'] }];
    await until(() => gateway.started.length === 10);
    expect(gateway.temporal.people).toEqual([]);
    expect(gateway.temporal.signals).toHaveLength(10);
  });

  test('share runs of 300 people at most, and no call is divided', async () => {
    gateway.chunks.nobodyIsAt = burst(7, 100);
    await until(() => gateway.temporal.people.length === 3);
    expect(countOf(gateway.temporal.people)).toEqual([
      [300, 3],
      [300, 3],
      [100, 1],
    ]);
    gateway.temporal.people.length = 0;
    gateway.chunks.nobodyIsAt = [{ id: 'large', kind: 'trigger', waiting: burst(1, 1_000)[0]?.waiting ?? [] }];
    await until(() => gateway.temporal.people.length > 0);
    expect(countOf(gateway.temporal.people)).toEqual([[1_000, 1]]);
  });

  test('are taken up later, all of them, when Temporal is away', async () => {
    gateway.temporal.down = true;
    gateway.chunks.nobodyIsAt = burst(10);
    await until(() => gateway.lines.filter((line) => line.includes('taken up later')).length >= 10);
    gateway.temporal.down = false;
    await until(() => gateway.temporal.people.length === 1);
    expect(countOf(gateway.temporal.people)).toEqual([[10, 10]]);
  });

  test('submitted at one moment, are woken together', async () => {
    let keep = (): void => undefined;
    gateway.chunks.commit = new Promise<void>((resolve) => {
      keep = resolve;
    });
    const answers = Array.from({ length: 12 }, (_, index) =>
      gateway.submit(flowStepCall([String(100 + index)], { token: randomUUID() })),
    );
    await until(() => gateway.chunks.arrived === 12);
    keep();
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([201]));
    await until(() => gateway.temporal.people.length > 0);
    expect(countOf(gateway.temporal.people)).toEqual([[12, 12]]);
    expect(gateway.temporal.signals).toEqual([]);
  });
});
