/** What must hold when everything has been said. Each law answers with what breaks it. */
import { FIELDS, type Field, type Side, type Value } from './plans';
import type { Decided, Json, Pair, Rest } from './rest';
import type { Stream, Typed } from './stream';
import type { Seen } from './writes';

export interface Breach {
  readonly law: string;
  /** The record, or the records of the pair, that break it. */
  readonly of: string;
  readonly told: unknown;
}

const NAMES = Object.keys(FIELDS) as Field[];

/** Empty text, no value and a consent flag that was never set are one and the same. */
export const plain = (held: unknown): Value => (held === '' || held === undefined || held === false ? null : (held as Value));

const nameOf = ({ personId, rowId }: Pair): string => `${personId ?? '-'}/${rowId ?? '-'}`;

/** All laws about how a stream ends. */
export const breachesIn = (stream: Stream, rest: Rest, isSecured: boolean): readonly Breach[] => [
  ...agreement(rest, isSecured),
  ...openMatters(rest, isSecured),
  ...trueStates(rest),
  ...nobodyDoubled(stream, rest),
  ...nothingLost(stream, rest),
];

/** Every two-way field of every living pair is equal, or something that is open says why not, and shows what both sides hold now. */
function agreement(rest: Rest, secured: boolean): Breach[] {
  return rest.pairs.flatMap((pair): Breach[] => {
    const person = rest.people.get(pair.personId ?? '');
    const row = rest.rows.get(pair.rowId ?? '');
    if (pair.state !== 'live' || person === undefined || row === undefined) return [];
    const breach = (told: unknown): Breach => ({ law: 'agreement', of: nameOf(pair), told });
    const apart = NAMES.filter((field) => plain(person[field]) !== plain(row[FIELDS[field]]))
      // Out of play: the sync may not know what the column holds.
      .filter((field) => !(secured && field === 'title' && pair.table === 'contact'))
      .filter((field) => !isExplained(rest, pair, field, person, row))
      .map((field) => breach({ field, marketo: person[field], dynamics: row[FIELDS[field]] }));
    const unlinked = person['microsoftId'] === pair.rowId ? [] : [breach({ microsoftId: person['microsoftId'] })];
    return [...apart, ...unlinked];
  });
}

function isExplained({ decisions }: Rest, pair: Pair, field: Field, person: Json, row: Json): boolean {
  const last = decisions.filter((one) => one.pairId === pair.id && one.field === field && one.result !== 'superseded').at(-1);
  if (last === undefined || (!pair.openRejection && !pair.openReview)) return false;
  const isOpen = ['held', 'rejected'].includes(last.result) || last.rule.endsWith(':review');
  return isOpen && plain(last.marketo.value) === plain(person[field]) && plain(last.dynamics.value) === plain(row[FIELDS[field]]);
}

/** A refusal that is open speaks of what is held now: a value that its author took back is no matter any more. */
function openMatters(rest: Rest, secured: boolean): Breach[] {
  return rest.pairs.flatMap((pair): Breach[] => {
    const person = rest.people.get(pair.personId ?? '');
    const row = rest.rows.get(pair.rowId ?? '');
    // While a column is closed, what was refused for that reason cannot be compared.
    if (secured || pair.state !== 'live' || !pair.openRejection || person === undefined || row === undefined) return [];
    const isTrue = NAMES.some((field) => isExplained(rest, pair, field, person, row));
    return isTrue ? [] : [{ law: 'open matters', of: nameOf(pair), told: 'a refusal is open of a value that nobody holds' }];
  });
}

/** Each pair is what its state says, and an operator is told of each that waits for one. */
function trueStates({ pairs, people, rows }: Rest): Breach[] {
  const isWrong = ({ state, personId, rowId, openReview }: Pair): boolean => {
    const person = people.get(personId ?? '');
    if (state === 'live') return person === undefined || !rows.has(rowId ?? '');
    if (state === 'rowDeleted') return rows.has(rowId ?? '') || (person !== undefined && person['microsoftIsDeleted'] !== true);
    if (state === 'personDeleted') return personId !== null;
    return state === 'review' && !openReview;
  };
  return pairs.filter(isWrong).map((pair) => ({ law: 'true states', of: nameOf(pair), told: pair }));
}

/** One row per person and one person per row; nobody came into being whom nobody made or asked for. */
function nobodyDoubled(stream: Stream, { pairs, people, rows }: Rest): Breach[] {
  const linked = [...people.values()]
    .filter((person) => person['microsoftIsDeleted'] !== true)
    .flatMap((person) => plain(person['microsoftId']) ?? []);
  const twice = [linked, pairs.flatMap(({ personId }) => personId ?? []), pairs.flatMap(({ rowId }) => rowId ?? [])].flatMap(
    (ids) => ids.filter((id, place) => ids.indexOf(id) !== place),
  );
  const unasked = [...rows.keys()].filter((id) => !stream.rows.has(id));
  return [
    ...twice.map((id): Breach => ({ law: 'nobody doubled', of: String(id), told: 'has two partners' })),
    ...unasked.map((id): Breach => ({ law: 'nobody doubled', of: id, told: 'nobody made this row' })),
  ];
}

/** An edit stands, was replaced on its own side (then it is not the last one), went with its record, or is a named loser. */
function nothingLost({ edits }: Stream, { pairs, people, rows, decisions }: Rest): Breach[] {
  return [...edits.values()].flatMap((edit): Breach[] => {
    const record = edit.side === 'marketo' ? people.get(edit.id) : rows.get(edit.id);
    if (record === undefined) return [];
    const held = record[edit.side === 'marketo' ? edit.field : FIELDS[edit.field]];
    if (plain(held) === plain(edit.value)) return [];
    const pair = pairs.find(({ ids }) => ids.includes(edit.id));
    if (decisions.some((one) => namesLoser(one, pair?.id, edit, held))) return [];
    return [{ law: 'nothing lost', of: edit.id, told: { edit, held } }];
  });
}

/**
 * In the pair that has the record now, or in the one it had when it was decided: a merge gives a person another pair. A decision that was
 * overtaken counts if what it wrote is what stands: its answer got lost, and there was nothing left to decide.
 */
const namesLoser = (one: Decided, pairId: number | undefined, edit: Typed, held: unknown): boolean =>
  (one.pairId === pairId || one.key === `record/${edit.id}`) &&
  one.field === edit.field &&
  one.id > edit.afterDecision &&
  one.winner !== edit.side &&
  (one.result !== 'superseded' || one.writes.some(({ side, value }) => side === edit.side && plain(value) === plain(held))) &&
  plain(one[edit.side].value) === plain(edit.value);

/**
 * Nothing is written that is there already, nor to a column that is closed: a closed one may be tried once for each value, because only
 * then the product learns of it; and an unreadable column's emptiness never reaches a person.
 */
export function needlessWrites(seen: readonly Seen[]): readonly Breach[] {
  const breach = (write: Seen, why: string): Breach => ({ law: 'needed writes', of: String(write.id), told: { why, write } });
  const isClosed = ({ secured, entity }: Seen, name: string): boolean =>
    secured && entity === 'contacts' && name === FIELDS.title;
  // A write whose answer was lost is sent once more, for the version that was read before the first time: then nothing is written.
  const isTurnedAway = ({ before, ifMatch }: Seen): boolean => ifMatch !== undefined && before?.['@odata.etag'] !== ifMatch;
  // What a closed column holds is nothing that the sync could know.
  const unchanged = seen
    .filter((write) => !isTurnedAway(write))
    .filter(({ before, ...write }) =>
      Object.entries(write.values).some(
        ([name, value]) => before !== undefined && !isClosed({ ...write, before }, name) && (before[name] ?? null) === value,
      ),
    );
  const toClosed = seen.filter((write) => Object.keys(write.values).some((name) => isClosed(write, name)));
  const nameOfTry = ({ id, values }: Seen): string => `${id}: ${String(values[FIELDS.title])}`;
  const tries = toClosed.map(nameOfTry);
  const triedAgain = toClosed.filter((write, place) => tries.indexOf(nameOfTry(write)) < place);
  const unseen = seen.filter(({ hidden, values }) => plain(hidden) !== null && plain(values['title']) === null);
  return [
    ...unchanged.map((write) => breach(write, 'it held the value already')),
    ...triedAgain.map((write) => breach(write, 'the column is closed, and refused this value before')),
    ...unseen.map((write) => breach(write, 'the column is closed, not empty')),
  ];
}

/** What a stream ended in, without ids: the same for the same seed. */
export function outcomeOf({ humans }: Stream, { people, rows }: Rest, wasSecured: boolean): unknown {
  // When the sync learns that a column is closed, or open again, is a matter of moments.
  const names = NAMES.filter((field) => !(wasSecured && field === 'title'));
  return humans.map(({ personId, row }) => {
    const person = people.get(personId ?? '');
    const held = rows.get(row?.id ?? '');
    const values = (record: Json | undefined, side: Side) =>
      record && names.map((field) => plain(record[side === 'marketo' ? field : FIELDS[field]]));
    return {
      person: values(person, 'marketo'),
      row: values(held, 'dynamics'),
      table: row?.table,
      linked: person !== undefined && held !== undefined && person['microsoftId'] === row?.id,
    };
  });
}
