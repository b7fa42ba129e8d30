/** The custom services that may call, as an administrator would have made them in LaunchPoint. */
export interface Caller {
  readonly clientId: string;
  readonly secret: string;
  /** The API-only user the service acts as. */
  readonly user: string;
}

export const CALLERS: readonly Caller[] = [
  { clientId: 'sync-client', secret: 'sync-secret', user: 'sync@marketo.example.com' },
  { clientId: 'marketing-client', secret: 'marketing-secret', user: 'marketing@marketo.example.com' },
];

export const callerNamed = (clientId: string | null): Caller | undefined =>
  CALLERS.find((caller) => caller.clientId === clientId);
