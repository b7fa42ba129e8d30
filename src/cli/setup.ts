/** `mdsync setup` */
import { Command, Option } from 'commander';
import { type GlobalOptions, openContext } from './context';
import { seconds } from './options';
import { setUpText } from './text/setup';
import { untilReported } from './untilReported';

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
      context.screen.waiting('Marketo is being prepared ...');
      const report = await untilReported(() => context.gateway.setUp(), options.timeout * 1_000);
      context.screen.result(report, (made) => setUpText(made, context.screen.colors));
    });
}

const EXAMPLES = `
Marketo cannot remove a field again once it has been created.

Examples:
  $ mdsync setup
  $ docker compose exec gateway mdsync setup`;
