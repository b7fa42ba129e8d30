/** One real PostgreSQL and one real Temporal server for a test run. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface TestServers {
  /** The PostgreSQL server; its user may create databases. */
  readonly databaseUrl: string;
  /** `host:port`; namespace `default`, search attributes registered. */
  readonly temporalAddress: string;
  stop(): Promise<void>;
}

/** What the keeper tells: where the servers are, or in one message why there are none. */
export type KeeperReport = { readonly databaseUrl: string; readonly temporalAddress: string } | { readonly problem: string };

/**
 * Starts both, or uses those named by `TEST_DATABASE_URL` and `TEST_TEMPORAL_ADDRESS`. Rejects with one message that says what to do.
 *
 * The servers belong to a keeper process that lives as long as the channel to this one: however a test run ends, by Ctrl-C or by
 * `kill -9`, the channel closes, and the keeper stops the servers and deletes their data.
 */
export async function startTestServers(): Promise<TestServers> {
  // Detached: a Ctrl-C reaches the whole group, and the keeper must outlive the tests to tidy up behind them.
  const keeper = fork(join(__dirname, 'testServersKeeper.js'), { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(keeper, 'exit');
  const report = await Promise.race([
    once(keeper, 'message').then(([message]) => message as KeeperReport),
    ended.then(([code]): KeeperReport => ({ problem: `The keeper of the test servers ended with code ${String(code)}.` })),
  ]);
  if ('problem' in report) {
    await ended;
    throw new Error(report.problem);
  }
  // From here on the keeper alone must not keep a test run from ending.
  keeper.unref();
  keeper.channel?.unref();
  return {
    ...report,
    stop: async () => {
      keeper.ref();
      if (keeper.connected) keeper.disconnect();
      await ended;
    },
  };
}
