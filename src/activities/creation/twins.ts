/** The row that a person without one may already have: the one that carries its GUID, else the one active twin by e-mail. */
import { isGuid } from '../../core/guid';
import { chooseTwin, emailKey } from '../../core/match';
import type { Failure, Result } from '../../core/ports';
import type { Snapshot, Table } from '../../core/types';
import { takenAmong } from '../../store/joining';
import { toldApart } from '../../store/reviews/keptApart';
import { recordKey } from '../../temporal/names';
import type { ActivityDeps } from '../deps';
import type { Plans } from '../planBook';
import { EMAIL_COLUMN } from '../twins';

const TABLES = ['contact', 'lead'] as const satisfies readonly Table[];
const ACTIVE = 0;

export type TwinSearch = ReturnType<typeof chooseTwin> | { readonly failure: Failure };

/** Looks on both tables. Rows of other pairs, closed rows, merged-away rows and rows kept out by their filter are nobody's twin. */
export async function findRowFor(deps: ActivityDeps, plans: Plans, pairId: number, person: Snapshot): Promise<TwinSearch> {
  const byGuid = await rowsByGuid(deps, plans, person);
  if ('failure' in byGuid) return byGuid;
  const apart = await deps.runs.isKeptApart(recordKey.create(person.id));
  const byEmail = deps.mapping.match === 'email' && !apart ? await rowsByEmail(deps, plans, person) : { ok: [] };
  if ('failure' in byEmail) return byEmail;
  const taken = await takenAmong(deps.db, [...byGuid.ok, ...byEmail.ok], pairId);
  const free = (row: Snapshot): boolean => !taken.has(`${row.entity}/${row.id}`);
  // The GUID beats the e-mail: it was written by an earlier run, or by a migration.
  const named = byGuid.ok.filter(free);
  if (named.length > 0) return chooseTwin(named);
  if (byEmail.ok.length === 0) return chooseTwin([]);
  const apartFrom = await toldApart(deps.db, [person.id]);
  return chooseTwin(byEmail.ok.filter((row) => free(row) && isOpen(row) && !apartFrom.has(`${person.id}/${row.id}`)));
}

function isOpen({ control }: Snapshot): boolean {
  return control?.state === ACTIVE && control.filter !== false && control.masterId === null;
}

async function rowsByGuid(deps: ActivityDeps, plans: Plans, person: Snapshot): Promise<Result<Snapshot[]>> {
  const id = String(person.values.microsoftId ?? '').toLowerCase();
  if (!isGuid(id) || person.values.microsoftIsDeleted === true) return { ok: [] };
  return collect(
    await deps.dynamics.read(
      TABLES.map((entity) => ({ entity, id })),
      plans.fields,
    ),
  );
}

async function rowsByEmail(deps: ActivityDeps, plans: Plans, person: Snapshot): Promise<Result<Snapshot[]>> {
  const email = emailKey(person.values.email);
  if (email === undefined) return { ok: [] };
  const answers = await Promise.all(
    TABLES.map((entity) => deps.dynamics.find({ entity, by: EMAIL_COLUMN, values: [email], fields: plans.fields[entity] })),
  );
  return collect(answers.flat());
}

function collect(answers: readonly Result<Snapshot | readonly Snapshot[] | undefined>[]): Result<Snapshot[]> {
  const found: Snapshot[] = [];
  for (const answer of answers) {
    if ('failure' in answer) return answer;
    if (answer.ok !== undefined) found.push(...[answer.ok].flat());
  }
  return { ok: found };
}
