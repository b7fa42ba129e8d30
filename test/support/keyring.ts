import { createKeyring, type Keyring } from '../../src/gateway/keyring';

/** A keyring with one token on it. */
export const oneToken = (value: string, name = 'campaigns'): Keyring => createKeyring([{ name, value }]);
