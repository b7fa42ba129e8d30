/** `mdsync explain` */
import { Command } from 'commander';
import { type GlobalOptions, openContext } from './context';
import { explainText } from './text/explain';

interface Options extends GlobalOptions {
  readonly field?: string;
}

export function explainCommand(): Command {
  return new Command('explain')
    .summary('the story of a record: who changed what, what was decided and why, what was refused')
    .description(
      'Tells what happened to a person and its Dynamics record: the ids they have and had, who changed which field, which rule decided, ' +
        "what was written, and what was refused with the vendor's own words. Shows values: it is for operators.",
    )
    .argument('<id>', 'Marketo id of a person, or GUID of a contact or lead; a former one does as well')
    .option('--field <name>', 'only this field, by its Marketo REST name or the name on the screens')
    .addHelpText('after', EXAMPLES)
    .action(async (id: string, _options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const { gateway, screen } = openContext(options);
      screen.result(await gateway.explain(id, options.field), (story) => explainText(story, screen.colors));
    });
}

const EXAMPLES = `
Exit code: 0 told; 2 nothing is known of the id, wrong usage, or no gateway.

Examples:
  $ mdsync explain 1042                          everything about one person
  $ mdsync explain 1042 --field title            one field only
  $ mdsync explain 6c9f1d3e-0d3b-ee11-be6d-002248aa0001 --json | jq '.events[] | select(.kind == "refused")'`;
