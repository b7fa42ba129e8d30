/** `GET /operator/reviews` and `POST /operator/reviews/{number}`: what waits for a person, and what that person decided. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CHOICES, type OpenReview, type Resolved } from '../core/reviews';
import { optional, recordId } from './bodies';
import { busyFor, type DeskRoutes, notKnown } from './deskRoutes';
import { HttpError } from './errors';

export interface ReviewsAnswer {
  readonly reviews: readonly OpenReview[];
}

export interface ResolveAnswer {
  readonly closed: readonly number[];
  readonly queued: readonly string[];
  /** False: Temporal did not answer, the records wait for the next cycle. */
  readonly cycleTriggered: boolean;
}

const numberOfReview = z.object({
  number: z.coerce.number({ error: 'must be the number of a review' }).int('must be a whole number').positive('must be positive'),
});

export const resolveBody = z
  .strictObject(
    {
      choice: z.enum(CHOICES, { error: `must be one of ${CHOICES.join(', ')}` }).meta({
        description: 'One of the choices that the review offers',
      }),
      id: optional(recordId()).meta({ description: 'With `link`: the id of one of the candidates' }),
    },
    { error: 'must be a JSON object' },
  )
  .meta({ example: { choice: 'link', id: 1234 } });

export function registerReviews(app: FastifyInstance, { desk, temporal, log, onRequest, stored }: DeskRoutes): void {
  app.get(
    '/operator/reviews',
    { onRequest },
    async (): Promise<ReviewsAnswer> => ({ reviews: await stored(desk.reviews.list()) }),
  );

  app.post(
    '/operator/reviews/:number',
    { onRequest, schema: { params: numberOfReview, body: resolveBody } },
    async ({ params, body }): Promise<ResolveAnswer> => {
      const { number } = params as z.output<typeof numberOfReview>;
      const { choice, id } = body as z.output<typeof resolveBody>;
      const resolved = done(await stored(desk.reviews.resolve({ number, choice, ...(id === undefined ? {} : { id }) })));
      const cycleTriggered =
        resolved.queued.length > 0 &&
        (await temporal.triggerCycle().then(
          () => true,
          () => false,
        ));
      log.info({ review: number, choice, queued: resolved.queued.length, cycleTriggered }, 'an operator decided a review');
      return { ...resolved, cycleTriggered };
    },
  );
}

function done(resolved: Resolved): Extract<Resolved, { closed: unknown }> {
  if ('closed' in resolved) return resolved;
  if ('busyForMs' in resolved) throw busyFor(resolved.busyForMs);
  if (resolved.refused === 'notOpen') throw notKnown(`${resolved.why}.`);
  throw new HttpError(409, resolved.refused, `${resolved.why}.`);
}
