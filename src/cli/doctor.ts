/** `mdsync doctor` */
import { Command } from 'commander';
import { type GlobalOptions, openContext } from './context';
import { EXIT } from './errors';
import { doctorText } from './text/doctor';

export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('what is in the way of the sync, and how to mend it')
    .description(
      'Looks at everything the sync needs: store, Temporal, worker and schedule; addresses, credentials and permissions on both sides; ' +
        'change tracking, column security, fields and activity types. Reads only.',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (_options, command: Command) => {
      const { gateway, screen } = openContext(command.optsWithGlobals<GlobalOptions>());
      screen.waiting('Both sides are asked ...');
      const answer = await gateway.doctor();
      screen.result(answer, (found) => doctorText(found, screen.colors));
      process.exitCode = answer.healthy ? EXIT.done : EXIT.failed;
    });
}

const EXAMPLES = `
Exit code: 0 nothing must be mended, though there may be warnings; 1 something must; 2 no gateway.

Examples:
  $ mdsync doctor
  $ mdsync doctor --json | jq '.checks[] | select(.status != "ok")'`;
