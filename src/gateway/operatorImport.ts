/** `POST /operator/import`: pairs of a migration, as many as fit in one body. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ImportReport } from '../core/imports';
import { marketoId, rowId } from './bodies';
import type { DeskRoutes } from './deskRoutes';

/** Far below the largest body that is read. */
export const MAX_PAIRS = 5_000;

const pair = z.strictObject({
  line: z.int('must be a whole number').positive('must be positive'),
  marketoId: marketoId(),
  table: z.enum(['contact', 'lead'], { error: 'must be contact or lead' }),
  microsoftId: rowId(),
});

export const importBody = z
  .strictObject({
    pairs: z
      .array(pair, { error: 'must be a list of pairs' })
      .min(1, 'must have at least one pair')
      .max(MAX_PAIRS, `must be at most ${MAX_PAIRS} pairs: send the others in another call`),
    check: z.boolean({ error: 'must be true or false' }).optional().meta({
      description: 'True: nothing is imported, the answer says what would be',
    }),
  })
  .meta({
    example: { pairs: [{ line: 2, marketoId: 1234, table: 'contact', microsoftId: '6c9f1d3e-0d3b-ee11-be6d-002248aa0001' }] },
  });

export function registerImport(app: FastifyInstance, { desk, onRequest, stored, log }: DeskRoutes): void {
  app.post('/operator/import', { onRequest, schema: { body: importBody } }, async ({ body }): Promise<ImportReport> => {
    const { pairs, check = false } = body as z.output<typeof importBody>;
    const report = await stored(desk.imports.importPairs(pairs, { check }));
    if (check) return report;
    log.info({ imported: report.imported, known: report.known, refused: report.problems.length }, 'an operator imported pairs');
    return report;
  });
}
