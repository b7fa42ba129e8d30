/** What of the settings the gateway needs, and what follows from them. */
import { type Settings, SettingsError } from '../../config/env';
import { isLoopback } from '../../config/loopback';
import type { NamedToken } from '../../config/namedTokens';
import { readTokensFile, type TokensFile } from './tokensFile';

export interface GatewaySettings {
  readonly databaseUrl: string;
  readonly operatorToken: string;
  /** Of the settings alone. */
  readonly campaignTokens: readonly NamedToken[];
  /** A file with more of them. */
  readonly tokensFile?: TokensFile;
  readonly host: string;
  readonly port: number;
  readonly callbackHosts: readonly string[];
  /** Marketo's name for the instance, where the settings tell it. */
  readonly munchkinId?: string;
  /** Both sides are on this machine: sandboxes, whose first load takes seconds. */
  readonly local: boolean;
}

/** Throws a SettingsError that names what is missing. */
export function gatewaySettings(settings: Settings): GatewaySettings {
  const { databaseUrl, operatorToken, marketo, dataverse } = settings;
  const campaignTokens = campaignTokensOf(settings);
  const anyToken = campaignTokens.length > 0 || settings.gatewayTokensFile !== undefined;
  if (!databaseUrl || !anyToken || !operatorToken) {
    const missing = [
      databaseUrl ? [] : ['DATABASE_URL must be set: what campaigns ask for is kept in PostgreSQL.'],
      anyToken
        ? []
        : [
            'MDSYNC_GATEWAY_TOKEN must be set: Marketo shows it with every call (or MDSYNC_GATEWAY_TOKENS, or MDSYNC_GATEWAY_TOKENS_FILE, for several).',
          ],
      operatorToken ? [] : ['MDSYNC_OPERATOR_TOKEN must be set: `mdsync` shows it with every call.'],
    ].flat();
    throw new SettingsError([...missing, '`npm start` brings all of these along for a first look.']);
  }
  return {
    databaseUrl,
    operatorToken,
    campaignTokens,
    ...tokensFileOf(settings, operatorToken),
    host: settings.gatewayHost,
    port: settings.ports.gateway,
    callbackHosts: settings.callbackHosts,
    ...(settings.munchkinId !== undefined && { munchkinId: settings.munchkinId }),
    local: marketo !== undefined && dataverse !== undefined && isLoopback(marketo.baseUrl) && isLoopback(dataverse.url),
  };
}

/** The one without a name is called after what it is for. */
function campaignTokensOf({ gatewayToken, gatewayTokens }: Settings): readonly NamedToken[] {
  return [...(gatewayToken === undefined ? [] : [{ name: 'campaigns', value: gatewayToken }]), ...gatewayTokens];
}

function tokensFileOf({ gatewayTokensFile: path }: Settings, operatorToken: string): Pick<GatewaySettings, 'tokensFile'> {
  if (path === undefined) return {};
  const read = readTokensFile(path, operatorToken);
  if ('problem' in read) throw new SettingsError([read.problem]);
  return { tokensFile: { path, tokens: read.tokens } };
}
