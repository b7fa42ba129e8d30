import type { lookup } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHttpClient } from '../../../src/remote/http';
import { createPublicLookup, isPublicAddress } from '../../../src/remote/publicAddresses';

describe('an address', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.19.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    'fc00::1',
    'fdff::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '2001:db8::1',
    '2002:7f00:1::',
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each(['8.8.8.8', '52.1.2.3', '172.32.0.1', '100.128.0.1', '::ffff:8.8.8.8', '2606:4700::1', '2a00:1450::1'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

describe('a look-up', () => {
  /** A resolver that knows one name only. */
  const resolver = (...addresses: string[]) =>
    ((_name: string, _options: unknown, callback: (error: null, found: object[]) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as unknown as typeof lookup;
  const look = (addresses: string[], options: { all?: boolean }, guarded = true): Promise<unknown> =>
    new Promise((resolve) => {
      createPublicLookup(() => guarded, resolver(...addresses))('name', options, (error, address, family) =>
        resolve(error ? error.code : family === undefined ? address : [address, family]),
      );
    });

  test('answers public addresses, one or all', async () => {
    expect(await look(['8.8.8.8', '8.8.4.4'], {})).toEqual(['8.8.8.8', 4]);
    expect(await look(['8.8.8.8', '2606:4700::1'], { all: true })).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ]);
  });

  test('fails if any address is not public, and for a name without one', async () => {
    expect(await look(['8.8.8.8', '10.0.0.1'], { all: true })).toBe('ERR_FORBIDDEN_ADDRESS');
    expect(await look(['127.0.0.1'], {})).toBe('ERR_FORBIDDEN_ADDRESS');
    expect(await look([], {})).toBe('ERR_FORBIDDEN_ADDRESS');
  });

  test('leaves names alone that are not guarded', async () => {
    expect(await look(['10.0.0.1'], {}, false)).toEqual(['10.0.0.1', 4]);
  });
});

describe('a client with guarded names', () => {
  let port: number;
  let hits = 0;
  const server = createServer((_request, response) => {
    hits += 1;
    response.end('here');
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => void server.close());
  const get = (guarded: boolean) =>
    createHttpClient({ timeoutMs: 5_000, concurrency: 1, lookup: createPublicLookup(() => guarded) }).send({
      method: 'GET',
      url: `http://localhost:${port}/`,
    });

  test('never reaches this machine by name, and says why; the same call without the guard does', async () => {
    expect(await get(true)).toMatchObject({ failure: { kind: 'config', code: 'ERR_FORBIDDEN_ADDRESS' } });
    expect(hits).toBe(0);
    expect(await get(false)).toMatchObject({ answer: { status: 200, text: 'here' } });
    expect(hits).toBe(1);
  });
});
