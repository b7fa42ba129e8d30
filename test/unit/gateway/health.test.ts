import { describe, expect, test } from '@jest/globals';
import { createHealth, type HealthChecks } from '../../../src/gateway/health';
import { startTestGateway } from './support';

const yes = async (): Promise<boolean> => true;
const no = async (): Promise<boolean> => false;
const fails = async (): Promise<boolean> => {
  throw new Error('connect ECONNREFUSED');
};
const never = (): Promise<boolean> => new Promise(() => undefined);
const checks = (over: Partial<HealthChecks>): HealthChecks => ({ store: yes, temporal: yes, ready: yes, ...over });

describe('health', () => {
  test.each([
    ['all answer, the first cycle is through', {}, 'ready', 'ok', 'ok'],
    ['the first cycle is not through', { ready: no }, 'starting', 'ok', 'ok'],
    ['nobody knows whether it is through', { ready: fails }, 'starting', 'ok', 'ok'],
    ['the store is not there', { store: fails }, 'down', 'down', 'ok'],
    ['Temporal says no', { temporal: no }, 'down', 'ok', 'down'],
    ['nobody answers', { store: never, temporal: never }, 'down', 'down', 'down'],
  ] as const)('%s', async (_name, over, status, store, temporal) => {
    expect(await createHealth(checks(over), 50)()).toEqual({ status, parts: { store, temporal } });
  });

  test('callers at the same moment share one look, later ones look again', async () => {
    let looks = 0;
    const store = async (): Promise<boolean> => {
      looks += 1;
      return true;
    };
    const health = createHealth(checks({ store }));
    await Promise.all([health(), health(), health()]);
    expect(looks).toBe(1);
    await health();
    expect(looks).toBe(2);
  });

  test.each([
    ['ready', 200],
    ['starting', 200],
    ['down', 503],
  ] as const)('over HTTP %s is %d, without a token', async (status, code) => {
    const parts = { store: 'ok', temporal: status === 'down' ? 'down' : 'ok' } as const;
    const gateway = await startTestGateway({ health: async () => ({ status, parts }) });
    expect(await gateway.send('GET', '/health')).toMatchObject({ status: code, json: { status, parts } });
    await gateway.close();
  });
});
