/** What waits for a person, and what became of a decision. */
import type { OpenReview } from '../../core/reviews';
import { shown } from '../../core/sentences';
import type { Colors } from '../../embedded/progress';
import type { ResolveAnswer } from '../../gateway/operatorReviews';
import { count } from '../words';

export function reviewsText(reviews: readonly OpenReview[], colors: Colors): string {
  if (reviews.length === 0) return colors.green('Nothing waits for a person to decide.');
  return reviews.map((review) => reviewText(review, colors)).join('\n\n');
}

function reviewText(review: OpenReview, colors: Colors): string {
  const { number, kind, openedAt, meaning, marketoId, table, microsoftId, candidates, fields, choices } = review;
  const who = [
    ...(marketoId === undefined ? [] : [`person ${marketoId}`]),
    ...(microsoftId === undefined ? [] : [`${table ?? 'row'} ${microsoftId}`]),
  ];
  return [
    `${colors.bold(`${number}  ${kind}`)}  ${colors.dim(`since ${openedAt.slice(0, 16).replace('T', ' ')}`)}`,
    ...(who.length === 0 ? [] : [`   ${who.join(', ')}`]),
    `   ${meaning}`,
    ...candidates.map(({ entity, id }) => `   candidate: ${entity} ${id}`),
    ...fields.map(({ field, marketo, dynamics }) =>
      marketo === undefined || dynamics === undefined
        ? `   field: ${field}`
        : `   ${field}: Marketo has ${shown(marketo)}, Dynamics has ${shown(dynamics)}`,
    ),
    ...choices.map(({ choice, effect }) => `   ${colors.cyan(commandOf(number, choice))}   ${effect}`),
  ].join('\n');
}

const commandOf = (number: number, choice: string): string =>
  `mdsync review resolve ${number} ${choice}${choice === 'link' ? ' <id>' : ''}`;

export function resolvedText({ closed, queued, cycleTriggered }: ResolveAnswer, colors: Colors): string {
  const reviews = `${count(closed.length, 'review')} closed`;
  if (queued.length === 0) return colors.green(`${reviews}.`);
  const when = cycleTriggered ? 'now' : 'with the next cycle: Temporal does not answer';
  return colors.green(`${reviews}; ${count(queued.length, 'record')} back to work ${when}: ${queued.slice(0, 20).join(', ')}`);
}
