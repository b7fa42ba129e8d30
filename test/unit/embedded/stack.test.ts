import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createStack, type Part } from '../../../src/embedded/stack';

const never = new Promise<string>(() => {});

function recorder() {
  const stopped: string[] = [];
  const part = (name: string, ended: Promise<string> = never): Part => ({
    ended,
    stop: async () => void stopped.push(name),
  });
  return { stopped, part };
}

describe('the stack of what runs', () => {
  test('stops who accepts work first and what all stand on last, whatever started first', async () => {
    const { stopped, part } = recorder();
    const stack = createStack();
    for (const name of ['PostgreSQL', 'worker', 'sandboxes', 'gateway', 'Temporal'] as const) {
      await stack.start(name, async () => part(name));
    }
    expect(await stack.stop()).toEqual(['gateway', 'worker', 'sandboxes', 'Temporal', 'PostgreSQL']);
    expect(stopped).toEqual(['gateway', 'worker', 'sandboxes', 'Temporal', 'PostgreSQL']);
  });

  test('waits for a part that is still starting, and stops it too', async () => {
    const { stopped, part } = recorder();
    const stack = createStack();
    const starting = stack.start('Temporal', async () => {
      await sleep(50);
      return part('Temporal');
    });
    await stack.stop();
    expect(stopped).toEqual(['Temporal']);
    await starting;
  });

  test('starts nothing any more once it was stopped', async () => {
    const { stopped, part } = recorder();
    const stack = createStack();
    await stack.stop();
    await expect(stack.start('worker', async () => part('worker'))).rejects.toThrow('worker is not started any more');
    expect(stopped).toEqual([]);
  });

  test('goes on stopping after a part that does not stop, and says so at the end', async () => {
    const { stopped, part } = recorder();
    const stack = createStack();
    await stack.start('PostgreSQL', async () => part('PostgreSQL'));
    await stack.start('worker', async () => ({ ended: never, stop: () => Promise.reject(new Error('it does not stop')) }));
    await expect(stack.stop()).rejects.toThrow('it does not stop');
    expect(stopped).toEqual(['PostgreSQL']);
  });

  test('is broken when a part ends by itself, and not when it was stopped', async () => {
    const { part } = recorder();
    const stack = createStack();
    let end: (sentence: string) => void = () => {};
    await stack.start('worker', async () =>
      part(
        'worker',
        new Promise((resolve) => {
          end = resolve;
        }),
      ),
    );
    end('The worker ended with code 1.');
    await expect(stack.broken).rejects.toThrow('The worker ended with code 1.');

    const calm = createStack();
    await calm.start('worker', async () =>
      part(
        'worker',
        new Promise((resolve) => {
          end = resolve;
        }),
      ),
    );
    await calm.stop();
    end('The worker ended with SIGTERM.');
    expect(await Promise.race([calm.broken.catch(() => 'broken'), sleep(20, 'calm')])).toBe('calm');
  });
});
