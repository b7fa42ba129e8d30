/** `POST /operator/erase`: forgets a person on request. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { recordId } from './bodies';
import { busyFor, type DeskRoutes, notKnown } from './deskRoutes';

export interface EraseAnswer {
  readonly erased: true;
}

export const eraseBody = z
  .strictObject(
    {
      id: recordId().meta({ description: 'Marketo id of the person, or GUID of its contact or lead; a former one does as well' }),
      confirm: z
        .literal(true, { error: 'must be true: what is erased cannot be brought back' })
        .meta({ description: 'That it is meant: what is erased cannot be brought back' }),
    },
    { error: 'must be a JSON object' },
  )
  .meta({ example: { id: 1042, confirm: true } });

export function registerErase(app: FastifyInstance, { desk, log, onRequest, stored }: DeskRoutes): void {
  app.post('/operator/erase', { onRequest, schema: { body: eraseBody } }, async ({ body }): Promise<EraseAnswer> => {
    const { id } = body as z.output<typeof eraseBody>;
    const erasure = await stored(desk.erasures.erase(id));
    if ('busyForMs' in erasure) throw busyFor(erasure.busyForMs);
    if (!erasure.erased) throw notKnown(`Nothing is known of ${id}: there is nothing to erase.`);
    // Whom, is not for a log.
    log.info({}, 'an operator erased what was kept about a person');
    return { erased: true };
  });
}
