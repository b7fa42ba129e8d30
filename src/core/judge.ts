/** Which side a group of fields is taken from, if anything in it is to be moved: the truth table of DESIGN 4. */
import { equal } from './canonical';
import { collide, type Contest, mayUpdate, otherSide, overwritten, seed, type Verdict } from './rules';
import type { RawValue, SideName, Table } from './types';
import { agrees, SIDES, type View, withMarketo } from './view';

/** `undefined`: nothing is to be moved. */
export function judge(table: Table, views: readonly View[]): Verdict | undefined {
  // A side is a source when the other one may be written. On a one-way field the target's edits are not changes.
  const sources = SIDES.filter((side) => views.every((view) => mayUpdate(view.field, otherSide(side))));
  const [source] = sources;
  if (source === undefined || views.every(agrees)) return undefined;
  if (views.some((view) => view.baseline === undefined)) {
    const first = seed(contest(table, views), optOut(views));
    const forAll = first.rule === 'seed:consent' || first.rule === 'seed:nonBlank';
    return forAll || sources.length > 1 ? first : { rule: 'oneWay', winner: source };
  }
  const changed = sources.filter((side) => views.some((view) => view.changed[side]));
  const [winner] = changed;
  if (winner === undefined) return undefined;
  if (changed.length > 1) return collide(contest(table, views));
  return { rule: sources.length > 1 ? `${winner}Changed` : 'oneWay', winner };
}

function contest(table: Table, views: readonly View[]): Contest {
  return {
    table,
    winner: views[0]?.field.winner,
    blank: SIDES.find((side) => views.every((view) => view.now[side] === null)),
  };
}

/** The side that says "do not". Consent flags stand alone, never in a group. */
const optOut = (views: readonly View[]): SideName | undefined =>
  SIDES.find((side) => views.every((view) => view.field.consent === true && view.now[side] === true));

export interface Appeal {
  readonly verdict: Verdict;
  /** The group as it would stand, had our write not replaced a user's edit. */
  readonly wished: readonly View[];
}

/**
 * Decides a user's edit that our own write replaced unseen (`lost`, by field), as the collision it would have been. Only while Marketo
 * still holds what we wrote: whatever has been edited since is a change like any other, and outdates the lost one.
 */
export function appeal(table: Table, views: readonly View[], lost: Readonly<Record<string, RawValue>>): Appeal | undefined {
  if (views.some((view) => view.changed.marketo || !SIDES.every((side) => mayUpdate(view.field, side)))) return undefined;
  const wished = views.map((view) => {
    const value = lost[view.field.marketo];
    return value === undefined ? view : withMarketo(view, value);
  });
  const replaced = wished.some((wish, index) => !equal(wish.now.marketo, views[index]?.now.marketo ?? null));
  if (!replaced || wished.every(agrees)) return undefined;
  return { verdict: overwritten(contest(table, wished)), wished };
}
