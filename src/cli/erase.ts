/** `mdsync erase` */
import { Command } from 'commander';
import { type GlobalOptions, openContext } from './context';
import { CliError } from './errors';

interface Options extends GlobalOptions {
  readonly yes?: boolean;
}

export function eraseCommand(): Command {
  return new Command('erase')
    .summary('forget a person: everything that is kept about it')
    .description(
      'Erases what the sync keeps about a person: its ids, what both sides held, every decision with its values, refusals, reviews, ' +
        'requests. Marketo and Dynamics keep what they have: erase the person there first, because a record that is still there comes ' +
        'back with its next change.',
    )
    .argument('<id>', 'Marketo id of the person, or GUID of its contact or lead; a former one does as well')
    .option('--yes', 'that it is meant: what is erased cannot be brought back')
    .addHelpText('after', EXAMPLES)
    .action(async (id: string, _options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      if (options.yes !== true)
        throw new CliError(
          'badUsage',
          `Everything that is kept about ${id} would be erased, and cannot be brought back. Say so with --yes: mdsync erase ${id} --yes`,
        );
      const { gateway, screen } = openContext(options);
      screen.result(await gateway.erase(id), () =>
        screen.colors.green('Erased: nothing is kept about this person. Marketo and Dynamics keep what they have.'),
      );
    });
}

const EXAMPLES = `
Exit code: 0 erased; 2 nothing is known of the id, not confirmed, or no gateway.

Examples:
  $ mdsync explain 1042          what is kept about a person
  $ mdsync erase 1042 --yes      erase it`;
