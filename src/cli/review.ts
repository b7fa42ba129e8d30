/** `mdsync review` */
import { Command, Argument } from 'commander';
import { CHOICES, type Choice } from '../core/reviews';
import { type GlobalOptions, openContext } from './context';
import { CliError } from './errors';
import { reviewsText, resolvedText } from './text/review';

export function reviewCommand(): Command {
  const review = new Command('review')
    .summary('what waits for a person to decide, and deciding it')
    .description(
      'What the sync does not decide by itself: matches that would be a guess, merges, unusual deletes, fields left to a person.',
    )
    .addHelpText('after', EXAMPLES);
  for (const command of [listCommand(), resolveCommand()]) review.addCommand(command.copyInheritedSettings(review));
  return review;
}

function listCommand(): Command {
  return new Command('list')
    .description('Lists what waits, what each means, and what may be chosen.')
    .action(async (_options, command: Command) => {
      const { gateway, screen } = openContext(command.optsWithGlobals<GlobalOptions>());
      screen.result(await gateway.reviews(), ({ reviews }) => reviewsText(reviews, screen.colors));
    });
}

function resolveCommand(): Command {
  return new Command('resolve')
    .description('Decides one review. The record goes back to work at once; nothing is done behind the back of the sync.')
    .argument('<number>', 'the number that `mdsync review list` shows', reviewNumber)
    .addArgument(new Argument('<choice>', 'one of the choices that the review offers').choices(CHOICES))
    .argument('[id]', 'with link: the id of one of the candidates')
    .action(async (number: number, choice: Choice, id: string | undefined, _options, command: Command) => {
      if ((choice === 'link') !== (id !== undefined))
        throw new CliError('badUsage', 'link takes the id of one of the candidates, and the other choices take none.');
      const { gateway, screen } = openContext(command.optsWithGlobals<GlobalOptions>());
      screen.result(await gateway.resolve(number, choice, id), (resolved) => resolvedText(resolved, screen.colors));
    });
}

function reviewNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new CliError('badUsage', `${text} is not the number of a review: see mdsync review list.`);
  return Number(text);
}

const EXAMPLES = `
Examples:
  $ mdsync review list
  $ mdsync review resolve 7 link 1042     the person with Marketo id 1042 is the one
  $ mdsync review resolve 8 create        none of the candidates is: create a new one
  $ mdsync review resolve 9 approve       the deletes are meant
  $ mdsync review resolve 10 dynamics     Dynamics' values are right`;
