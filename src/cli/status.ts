/** `mdsync status` */
import { Command } from 'commander';
import { type GlobalOptions, openContext } from './context';
import { statusText } from './text/status';

export function statusCommand(): Command {
  return new Command('status')
    .summary('what waits, what failed, what needs an administrator')
    .description('How the sync stands: what waits in which lane, what failed or was refused, what needs an administrator.')
    .addHelpText('after', EXAMPLES)
    .action(async (_options, command: Command) => {
      const { gateway, screen } = openContext(command.optsWithGlobals<GlobalOptions>());
      screen.result(await gateway.status(), (status) => statusText(status, screen.colors, new Date()));
    });
}

const EXAMPLES = `
Lanes, in order of urgency: create (a campaign asked), retry (an engineer asked), live (somebody changed
something), backfill (the first load, or a new field).

Examples:
  $ mdsync status
  $ mdsync status --json | jq .waiting.live`;
