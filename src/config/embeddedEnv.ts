/** The environment of the programs that `npm start` starts: the very variables that configure them in production. */
import { join } from 'node:path';
import type { SideName } from '../core/types';
import type { Settings } from './env';

/** Who the sync is, to the sandboxes. */
const SANDBOX_CALLER = { marketo: 'sync-client', dataverse: 'sync-app', secret: 'sync-secret', tenant: 'sandbox' } as const;
/** The sandboxes answer at once. A write that a killed worker leaves behind is out of doubt after this, instead of after two minutes. */
const SANDBOX_TIMEOUT_MS = '10000';

export interface EmbeddedServices {
  /** Absolute. */
  readonly dataDir: string;
  readonly databaseUrl: string;
  /** The Temporal server that `npm start` brings; absent: the one that `TEMPORAL_*` name. */
  readonly temporalAddress?: string;
  readonly tokens: { readonly gateway: string; readonly operator: string };
}

/** The sides that have no real system in the settings. */
export function sandboxedSides(settings: Settings): readonly SideName[] {
  return [...(settings.marketo ? [] : (['marketo'] as const)), ...(settings.dataverse ? [] : (['dynamics'] as const))];
}

/** Where each sandbox listens. */
export function sandboxUrls({ ports }: Settings): Readonly<Record<SideName, string>> {
  return { marketo: `http://127.0.0.1:${ports.marketoSandbox}`, dynamics: `http://127.0.0.1:${ports.dataverseSandbox}` };
}

/** This process's environment, with what `npm start` decides set over it. */
export function environmentOfPrograms(settings: Settings, services: EmbeddedServices, env = process.env): NodeJS.ProcessEnv {
  const urls = sandboxUrls(settings);
  const { dataDir, temporalAddress } = services;
  return {
    ...(temporalAddress === undefined ? env : withOurTemporal(env, temporalAddress, dataDir)),
    DATABASE_URL: services.databaseUrl,
    MDSYNC_DATA_DIR: dataDir,
    MDSYNC_GATEWAY_TOKEN: services.tokens.gateway,
    MDSYNC_OPERATOR_TOKEN: services.tokens.operator,
    ...(!settings.marketo && {
      MARKETO_BASE_URL: urls.marketo,
      MARKETO_CLIENT_ID: SANDBOX_CALLER.marketo,
      MARKETO_CLIENT_SECRET: SANDBOX_CALLER.secret,
      MARKETO_TIMEOUT_MS: env['MARKETO_TIMEOUT_MS'] ?? SANDBOX_TIMEOUT_MS,
      // The sandbox waits on this machine for the answers of flow steps.
      MDSYNC_CALLBACK_HOSTS: [...settings.callbackHosts, '127.0.0.1'].join(','),
    }),
    ...(!settings.dataverse && {
      DATAVERSE_URL: urls.dynamics,
      DATAVERSE_TENANT_ID: SANDBOX_CALLER.tenant,
      DATAVERSE_CLIENT_ID: SANDBOX_CALLER.dataverse,
      DATAVERSE_CLIENT_SECRET: SANDBOX_CALLER.secret,
      DATAVERSE_AUTHORITY: urls.dynamics,
      DATAVERSE_TIMEOUT_MS: env['DATAVERSE_TIMEOUT_MS'] ?? SANDBOX_TIMEOUT_MS,
    }),
  };
}

/** A developer's profile for another Temporal, with its key and certificates, must not steer clients of ours. */
function withOurTemporal(env: NodeJS.ProcessEnv, address: string, dataDir: string): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  // No such file: the SDK then goes by the variables alone. With none named it would read the one in the home directory.
  return { ...Object.fromEntries(others), TEMPORAL_ADDRESS: address, TEMPORAL_CONFIG_FILE: join(dataDir, 'temporal.toml') };
}
