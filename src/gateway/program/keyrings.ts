/** Who may call this gateway, from its settings and the file that they name. */
import type { Log } from '../../core/ports';
import { createKeyring, type Keyring } from '../keyring';
import type { GatewaySettings } from './settings';
import { followTokensFile } from './tokensFile';

export interface Keyrings {
  /** Of campaigns; follows the file until `closing`. */
  readonly gateway: Keyring;
  readonly operator: Keyring;
}

export function openKeyrings(
  { campaignTokens, operatorToken, tokensFile }: Pick<GatewaySettings, 'campaignTokens' | 'operatorToken' | 'tokensFile'>,
  log: Log,
  closing: AbortSignal,
): Keyrings {
  const gateway = createKeyring([...campaignTokens, ...(tokensFile?.tokens ?? [])]);
  if (tokensFile !== undefined)
    followTokensFile(tokensFile, { operatorToken, signal: closing, log }, (tokens) =>
      gateway.replace([...campaignTokens, ...tokens]),
    );
  return { gateway, operator: createKeyring([{ name: 'operators', value: operatorToken }]) };
}
