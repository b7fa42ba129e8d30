/** Makes in Marketo what the sync needs and does not find. Repeating it changes nothing. */
import type { Clock, Failure, InstanceSetUp, Result, WantedField } from '../core/ports';
import { prepareType } from './activityTypeSetUp';
import type { ActivityTypeBook } from './activityTypes';
import type { Api } from './api';
import { matchResults, sendInBatches } from './batches';
import { writtenShape } from './envelope';
import type { FieldBook } from './fieldBook';
import { withAdvice } from './schema';

const FIELD_PERMISSIONS = 'Read-Write Schema Custom Field';
const TYPE_PERMISSIONS = 'Read-Write Activity Metadata';

/** Text areas cannot be made over the API; a string is the nearest type that can. */
const CREATABLE: Readonly<Record<string, string>> = { text: 'string' };

export interface SetUpDeps {
  readonly api: Api;
  readonly book: FieldBook;
  readonly types: ActivityTypeBook;
  readonly clock: Clock;
}

export function createSetUp(deps: SetUpDeps): InstanceSetUp {
  return {
    async setUp(fields, types) {
      const createdFields = await createFields(deps, fields);
      if ('failure' in createdFields) return { failure: withAdvice(createdFields.failure, FIELD_PERMISSIONS) };
      const preparedTypes: string[] = [];
      for (const type of types) {
        const prepared = await prepareType(deps, type);
        if ('failure' in prepared) return { failure: withAdvice(prepared.failure, TYPE_PERMISSIONS) };
        if (prepared.ok) preparedTypes.push(type.apiName);
      }
      // What was made is known from here on.
      if (preparedTypes.length > 0) await deps.types.read();
      return { ok: { createdFields: createdFields.ok, preparedTypes } };
    },
  };
}

/** The names of the fields that were created. */
async function createFields({ api, book, clock }: SetUpDeps, wanted: readonly WantedField[]): Promise<Result<string[]>> {
  const missing = await missingOf(book, wanted);
  if ('failure' in missing) return missing;
  if (missing.ok.length === 0) return { ok: [] };
  const results = await sendInBatches(missing.ok, async (batch) => {
    const input = batch.map(({ name, label, dataType, description }) => ({
      name,
      displayName: label,
      dataType: CREATABLE[dataType] ?? dataType,
      description,
    }));
    const reply = await api.post('/rest/v1/leads/schema/fields.json', { input }, writtenShape, { doing: 'look' });
    if ('failure' in reply) return reply;
    return matchResults(
      batch,
      reply.ok.items,
      () => ({ doing: 'look' }),
      (field) => ({ ok: field.name }),
      clock.now(),
    );
  });
  const created = results.flatMap((result) => ('ok' in result ? [result.ok] : []));
  const refused = missing.ok.flatMap((field, index) => {
    const result = results[index];
    return result && 'failure' in result ? [{ field, failure: result.failure }] : [];
  });
  if (refused.length === 0) return { ok: created };
  // Somebody may have created it meanwhile.
  const still = await missingOf(
    book,
    refused.map(({ field }) => field),
  );
  if ('failure' in still) return still;
  const worst = refused.find(({ field }) => still.ok.includes(field));
  return worst === undefined ? { ok: created } : { failure: refusalOf(worst.field, worst.failure) };
}

async function missingOf(book: FieldBook, wanted: readonly WantedField[]): Promise<Result<WantedField[]>> {
  const described = await book.read();
  if ('failure' in described) return described;
  const present = new Set(described.ok.flatMap(({ rest }) => (rest ? [rest.name] : [])));
  return { ok: wanted.filter(({ name }) => !present.has(name)) };
}

/** There, but not described: only a hidden field is like that. */
const EXISTS = '1017';

function refusalOf({ name }: WantedField, failure: Failure): Failure {
  const why =
    failure.code === EXISTS
      ? 'there is one that is hidden: show it in Admin, Field Management'
      : `${failure.message} (${failure.code})`;
  return { ...failure, field: name, message: `Marketo did not create the person field ${name}: ${why}` };
}
