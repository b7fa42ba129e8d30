/** Name look-ups that end at public addresses only, for URLs that somebody else chose. */
import { lookup } from 'node:dns';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';
import { FORBIDDEN_ADDRESS } from './transportError';

/** This machine, private and local networks, addresses that mean nobody or everybody (IANA's special-purpose registries). */
const SPECIAL: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
];

const special = new BlockList();
for (const [network, prefix] of SPECIAL) special.addSubnet(network, prefix, isIPv6(network) ? 'ipv6' : 'ipv4');

/** Whether an IP address is one that anybody may call. An IPv4 address in IPv6 clothes is judged as what it is. */
export function isPublicAddress(address: string): boolean {
  return !special.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Looks names up as the system does; a name for which `isGuarded` holds fails with `ERR_FORBIDDEN_ADDRESS` if any of its addresses is
 * not public. The connection is made to what was looked up here, so the name cannot change its meaning in between.
 */
export function createPublicLookup(isGuarded: (name: string) => boolean, resolve: typeof lookup = lookup): LookupFunction {
  return (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const [first] = addresses;
      const allowed = first !== undefined && (!isGuarded(name) || addresses.every(({ address }) => isPublicAddress(address)));
      if (!allowed) return callback(Object.assign(new Error('The address may not be called'), { code: FORBIDDEN_ADDRESS }), '');
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
