/** `mdsync setup` */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import type { SetUpAnswer } from '../gateway/setUp';
import { type Context, type GlobalOptions, openContext } from './context';
import { CliError } from './errors';
import { seconds } from './options';
import { setUpText } from './text/setup';

const ASK_AGAIN_MS = 1_000;

interface Options extends GlobalOptions {
  readonly timeout: number;
}

export function setupCommand(): Command {
  return new Command('setup')
    .summary('prepare Marketo: create the fields and activity types that are missing')
    .description(
      'Creates in Marketo what the sync needs and is missing: person fields and custom activity types. What is there already is ' +
        'left as it is, so it may be run again at any time, such as after a change of the mapping.',
    )
    .addOption(new Option('--timeout <seconds>', 'how long to wait for the worker').default(300).argParser(seconds))
    .addHelpText('after', EXAMPLES)
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const context = openContext(options);
      const report = await waitForReport(context, options.timeout * 1_000);
      context.screen.result(report, (made) => setUpText(made, context.screen.colors));
    });
}

/** The set-up goes on in the worker when the gateway gives up waiting: asking again joins the same run. */
async function waitForReport({ gateway, screen }: Context, timeoutMs: number): Promise<SetUpAnswer> {
  const until = Date.now() + timeoutMs;
  screen.waiting('Marketo is being prepared ...');
  for (;;) {
    try {
      return await gateway.setUp();
    } catch (error) {
      const wait = error instanceof CliError && error.code === 'setUpRunning' && Date.now() + ASK_AGAIN_MS < until;
      if (!wait) throw error;
      await sleep(ASK_AGAIN_MS);
    }
  }
}

const EXAMPLES = `
Marketo cannot remove a field again once it has been created.

Examples:
  $ mdsync setup
  $ docker compose exec gateway mdsync setup`;
