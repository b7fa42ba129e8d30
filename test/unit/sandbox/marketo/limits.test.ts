import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, type Envelope, type Item, Marketo } from './client';

let marketo: Marketo;
beforeEach(async () => {
  marketo = await Marketo.start();
});
afterEach(() => marketo.close());

const PARTITIONS = '/rest/v1/leads/partitions.json';
const call = (): Promise<Envelope> => marketo.get(PARTITIONS);
const codes = async (count: number): Promise<(string | undefined)[]> => {
  const found: (string | undefined)[] = [];
  for (let i = 0; i < count; i++) found.push(codeOf(await call()));
  return found;
};
const advance = (seconds: number): Promise<Item> => marketo.control('POST', 'clock', { advanceSeconds: seconds });

describe('100 calls in 20 seconds', () => {
  test('are let through by default, the next one is not, until 20 seconds have passed', async () => {
    expect(new Set(await codes(100))).toEqual(new Set([undefined]));
    expect((await call()).errors).toEqual([{ code: '606', message: "Max rate limit '100' exceeded with in '20' secs" }]);
    await advance(21);
    expect(codeOf(await call())).toBeUndefined();
  });

  test('refused calls count too', async () => {
    await marketo.control('POST', 'limits', { callsPer20s: 2 });
    expect(await codes(4)).toEqual([undefined, undefined, '606', '606']);
    await advance(15);
    expect(await codes(1)).toEqual(['606']);
    await advance(15);
    // The one of 15 seconds ago is still in the window, the four before it are not.
    expect(await codes(2)).toEqual([undefined, '606']);
  });

  test('calls without a good token, those for a token, and those by a wrong method do not count', async () => {
    await marketo.control('POST', 'limits', { callsPer20s: 2, daily: 5 });
    for (let i = 0; i < 5; i++) {
      await marketo.newToken();
      expect((await marketo.http('GET', PARTITIONS)).text).toContain('"600"');
      expect((await marketo.http('GET', PARTITIONS, { authorization: 'Bearer nonsense' })).text).toContain('"601"');
      expect(codeOf(await marketo.call('PUT', PARTITIONS))).toBe('605');
    }
    expect(await codes(3)).toEqual([undefined, undefined, '606']);
    await advance(21);
    // A path that does not exist counts, as every other failure does.
    expect(codeOf(await marketo.get('/rest/v1/nothing.json'))).toBe('610');
    expect(await codes(2)).toEqual([undefined, '606']);
    await advance(21);
    expect(await codes(1)).toEqual(['607']);
  });
});

describe('an expired token', () => {
  test('does not count either, at its first use and after', async () => {
    await advance(3601);
    await marketo.control('POST', 'limits', { callsPer20s: 1, daily: 1 });
    expect(await codes(3)).toEqual(['602', '601', '601']);
    marketo.token = await marketo.newToken();
    expect(await codes(2)).toEqual([undefined, '606']);
  });
});

describe('10 calls at once', () => {
  test('are let through by default, an eleventh is not', async () => {
    await marketo.control('POST', 'latency', { medianMs: 500, p99Ms: 500 });
    const answers = await Promise.all(Array.from({ length: 12 }, call));
    expect(answers.map(codeOf).filter((code) => code !== undefined)).toEqual(['615', '615']);
    expect(answers.flatMap(({ errors = [] }) => errors)[0]?.message).toBe("Concurrent access limit '10' reached");
    expect((await Promise.all(Array.from({ length: 10 }, call))).map(codeOf)).toEqual(Array.from({ length: 10 }));
  });

  test('a request whose client left, or whose answer was lost, is over', async () => {
    await marketo.control('POST', 'limits', { concurrent: 1 });
    await marketo.control('POST', 'faults', { times: 3, action: { drop: 'after' } });
    for (let i = 0; i < 3; i++) await expect(call()).rejects.toThrow();
    expect(codeOf(await call())).toBeUndefined();
  });
});

describe('the daily quota', () => {
  test('is 50,000 unless adjusted, and begins anew at midnight in Chicago', async () => {
    expect(await marketo.control('POST', 'limits', {})).toEqual({ callsPer20s: 100, concurrent: 10, daily: 50_000 });
    await marketo.control('POST', 'limits', { daily: 2 });
    expect(await codes(3)).toEqual([undefined, undefined, '607']);
    const { now } = await advance(0);
    await advance(secondsToMidnightInChicago(new Date(now as string)) - 5);
    marketo.token = await marketo.newToken();
    expect(await codes(1)).toEqual(['607']);
    await advance(10);
    expect(await codes(1)).toEqual([undefined]);
  });
});

describe('statistics', () => {
  test('tell calls by user and errors by code, today and in the last seven days', async () => {
    await call();
    await marketo.get('/rest/v1/leads.json', { filterType: 'email' });
    await marketo.http('GET', PARTITIONS, { authorization: 'Bearer nonsense' });
    marketo.token = await marketo.newToken('marketing-client', 'marketing-secret');
    await call();
    const { result } = await marketo.get('/rest/v1/stats/usage.json');
    expect(result).toEqual([
      {
        date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
        total: 3,
        users: [
          { userId: 'sync@marketo.example.com', count: 2 },
          { userId: 'marketing@marketo.example.com', count: 1 },
        ],
      },
    ]);
    expect((await marketo.get('/rest/v1/stats/errors.json')).result).toEqual([
      {
        date: result?.[0]?.['date'],
        total: 2,
        errors: [
          { errorCode: '601', count: 1 },
          { errorCode: '1002', count: 1 },
        ],
      },
    ]);
    await advance(3 * 86_400);
    marketo.token = await marketo.newToken();
    await call();
    expect((await marketo.get('/rest/v1/stats/usage/last7days.json')).result).toHaveLength(2);
    expect((await marketo.get('/rest/v1/stats/errors/last7days.json')).result).toHaveLength(2);
    expect((await marketo.get('/rest/v1/stats/usage.json')).result).toHaveLength(1);
  });
});

function secondsToMidnightInChicago(now: Date): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: 'America/Chicago', hourCycle: 'h23', timeStyle: 'medium' }).format(
    now,
  );
  const [hours = 0, minutes = 0, seconds = 0] = parts.split(':').map(Number);
  return 86_400 - (hours * 3600 + minutes * 60 + seconds);
}
