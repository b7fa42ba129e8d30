/** Access tokens: one per custom service, the same until it expires. The first use after that says 602, every later one 601. */
import { randomUUID } from 'node:crypto';
import type { SandboxClock } from '../../clock';
import type { Journal } from '../../journal';
import { MarketoError } from '../http/envelope';
import { type Caller, callerNamed } from './callers';

export interface Tokens {
  /** The service's token and what is left of its life. */
  issue(caller: Caller): { readonly token: string; readonly expiresInSec: number };
  /** Whose token it is. Throws 601 and 602. */
  check(token: string): Caller;
  /** The same without the once-only answer of an expired token, for counting. */
  ownerOf(token: string): Caller | undefined;
}

interface StoredToken {
  readonly clientId: string;
  readonly expiresAtMs: number;
  /** Its expiry has been answered once. */
  readonly told?: true;
}

const LIFE_SEC = 3600;

export function createTokens(journal: Journal, clock: SandboxClock): Tokens {
  const table = journal.table<StoredToken>('tokens');
  const isAlive = (stored: StoredToken): boolean => stored.expiresAtMs > clock.now().getTime();
  const ownerOf = (token: string): Caller | undefined => callerNamed(table.get(token)?.clientId ?? null);
  return {
    issue({ clientId }) {
      const now = clock.now().getTime();
      const current = [...table].find(([, stored]) => stored.clientId === clientId && isAlive(stored));
      const token = current?.[0] ?? `${randomUUID()}:sb`;
      const expiresAtMs = current?.[1].expiresAtMs ?? now + LIFE_SEC * 1000;
      if (current === undefined) table.set(token, { clientId, expiresAtMs });
      return { token, expiresInSec: Math.floor((expiresAtMs - now) / 1000) };
    },
    check(token) {
      const stored = table.get(token);
      const owner = ownerOf(token);
      if (stored === undefined || owner === undefined) throw new MarketoError('601', 'Access token invalid');
      if (isAlive(stored)) return owner;
      if (stored.told) throw new MarketoError('601', 'Access token invalid');
      table.set(token, { ...stored, told: true });
      throw new MarketoError('602', 'Access token expired');
    },
    ownerOf,
  };
}
