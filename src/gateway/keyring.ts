/** The tokens that let a caller in, by the names of those who hold them. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { NamedToken } from '../config/namedTokens';

export interface Keyring {
  /** Whose token this is; `undefined` when it is nobody's. Takes the same time for every token, right or wrong. */
  nameOf(token: string): string | undefined;
  /** From now on these are valid, and no others. */
  replace(tokens: readonly NamedToken[]): void;
}

export function createKeyring(tokens: readonly NamedToken[]): Keyring {
  let keys = tokens.map(toKey);
  return {
    nameOf(token) {
      const sent = digest(token);
      let name: string | undefined;
      for (const key of keys) if (timingSafeEqual(key.digest, sent)) ({ name } = key);
      return name;
    },
    replace: (next) => {
      keys = next.map(toKey);
    },
  };
}

const toKey = ({ name, value }: NamedToken) => ({ name, digest: digest(value) });

/** Both sides are hashed so that they have one length, which `timingSafeEqual` asks for, and reveal none. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
