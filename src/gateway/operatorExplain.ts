/** `GET /operator/explain/{id}`: the story of one record, with a plain sentence for everything that happened. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { sentencesOf } from '../core/sentences';
import type { Story, StoryEvent } from '../core/story';
import { optional, recordId } from './bodies';
import { type DeskRoutes, notKnown } from './deskRoutes';

export interface ExplainAnswer extends Omit<Story, 'events'> {
  readonly events: readonly (StoryEvent & { readonly sentences: readonly string[] })[];
}

const explainParams = z.object({ id: recordId() });
const explainQuery = z.object({ field: optional(z.string().trim().max(200, 'must be at most 200 characters')) });

export function registerExplain(app: FastifyInstance, { desk, onRequest, stored }: DeskRoutes): void {
  app.get(
    '/operator/explain/:id',
    { onRequest, schema: { params: explainParams, querystring: explainQuery } },
    async ({ params, query }): Promise<ExplainAnswer> => {
      const { id } = params as z.output<typeof explainParams>;
      const { field } = query as z.output<typeof explainQuery>;
      const story = await stored(desk.stories.story(id, field));
      if (story === undefined) throw notKnown(`Nothing is known of ${id}: no pair has or had this id, and nobody asked for it.`);
      return { ...story, events: story.events.map((event) => ({ ...event, sentences: sentencesOf(event) })) };
    },
  );
}
