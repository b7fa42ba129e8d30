/** Counts of what was asked of a sandbox, by caller and operation, since it started or was reset. */
export interface CallCounts {
  count(caller: string | undefined, operation: string): void;
  /** `{"sync-client": {"GET /rest/v1/leads.json": 3}}` */
  toJSON(): Record<string, Record<string, number>>;
  clear(): void;
}

/** Under this name stand the calls of those who did not say who they are. */
const NOBODY = 'unknown';

export function createCallCounts(): CallCounts {
  const counts = new Map<string, Map<string, number>>();
  return {
    count(caller = NOBODY, operation) {
      const own = counts.get(caller) ?? new Map<string, number>();
      counts.set(caller, own.set(operation, (own.get(operation) ?? 0) + 1));
    },
    toJSON: () => Object.fromEntries([...counts].map(([caller, own]) => [caller, Object.fromEntries(own)])),
    clear: () => counts.clear(),
  };
}
