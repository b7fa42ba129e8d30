import { describe, expect, test } from '@jest/globals';
import { patiently } from '../../../../src/gateway/program/patiently';

interface Told {
  readonly failures: string[];
  recoveries: number;
}

function listen(signal = new AbortController().signal) {
  const told: Told = { failures: [], recoveries: 0 };
  const patience = {
    signal,
    onFailure: (error: unknown) => void told.failures.push((error as Error).message),
    onRecovery: () => {
      told.recoveries += 1;
    },
  };
  return { told, patience };
}

describe('patiently', () => {
  test('works at once: nobody is told', async () => {
    const { told, patience } = listen();
    await patiently(async () => 'done', patience);
    expect(told).toEqual({ failures: [], recoveries: 0 });
  });

  test('tries until it works: tells the first failure, and that it works', async () => {
    const { told, patience } = listen();
    let tries = 0;
    await patiently(async () => {
      tries += 1;
      if (tries < 3) throw new Error(`try ${tries}`);
    }, patience);
    expect(tries).toBe(3);
    expect(told).toEqual({ failures: ['try 1'], recoveries: 1 });
  });

  test('ends when it is told to, in the middle of waiting', async () => {
    const closing = new AbortController();
    const { told, patience } = listen(closing.signal);
    const started = Date.now();
    const trying = patiently(() => Promise.reject(new Error('never')), patience);
    setTimeout(() => closing.abort(), 20);
    await trying;
    expect(Date.now() - started).toBeLessThan(900);
    expect(told).toEqual({ failures: ['never'], recoveries: 0 });
  });
});
