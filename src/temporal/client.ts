/** The connection to Temporal for processes that start workflows: gateway, `npm start`, tests. */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

export interface TemporalConnection {
  readonly client: Client;
  close(): Promise<void>;
}

/**
 * Opens a client as the `TEMPORAL_*` variables say (address, namespace, TLS, API key: the Temporal SDK's own reader). Lazy: it connects
 * with the first call, so a process can start while Temporal is away.
 */
export function connectTemporal(overrides: { readonly address?: string } = {}): TemporalConnection {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = Connection.lazy({ ...connectionOptions, ...overrides });
  return {
    client: new Client({ connection, ...(namespace === undefined ? {} : { namespace }) }),
    close: () => connection.close(),
  };
}
