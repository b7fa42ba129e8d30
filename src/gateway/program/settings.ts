/** What of the settings the gateway needs, and what follows from them. */
import { type Settings, SettingsError } from '../../config/env';
import { isLoopback } from '../../config/loopback';

export interface GatewaySettings {
  readonly databaseUrl: string;
  readonly tokens: { readonly gateway: string; readonly operator: string };
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
  const { databaseUrl, gatewayToken, operatorToken, marketo, dataverse } = settings;
  if (!databaseUrl || !gatewayToken || !operatorToken) {
    const missing = [
      databaseUrl ? [] : ['DATABASE_URL must be set: what campaigns ask for is kept in PostgreSQL.'],
      gatewayToken ? [] : ['MDSYNC_GATEWAY_TOKEN must be set: Marketo shows it with every call.'],
      operatorToken ? [] : ['MDSYNC_OPERATOR_TOKEN must be set: `mdsync` shows it with every call.'],
    ].flat();
    throw new SettingsError([...missing, '`npm start` brings all of these along for a first look.']);
  }
  return {
    databaseUrl,
    tokens: { gateway: gatewayToken, operator: operatorToken },
    host: settings.gatewayHost,
    port: settings.ports.gateway,
    callbackHosts: settings.callbackHosts,
    ...(settings.munchkinId !== undefined && { munchkinId: settings.munchkinId }),
    local: marketo !== undefined && dataverse !== undefined && isLoopback(marketo.baseUrl) && isLoopback(dataverse.url),
  };
}
