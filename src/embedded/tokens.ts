import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Settings } from '../config/env';

/** The bearer token in `file`; made at the first call, for the owner's eyes only. */
export function tokenIn(file: string): string {
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

/** The token of the settings, else the one that `npm start` has made. */
export function tokenOf({ gatewayToken, operatorToken, dataDir }: Settings, whose: 'gateway' | 'operator'): string {
  const given = whose === 'gateway' ? gatewayToken : operatorToken;
  return given ?? tokenIn(join(resolve(dataDir), `${whose}-token`));
}
