/** Can both sides be reached, do they let us in, and may we do there what the sync needs? */
import { type Check, notChecked, ok, problem, warning } from '../../core/doctor';
import { grant } from '../../core/marketoPermissions';
import type { Failure, Result } from '../../core/ports';
import { SIDE_LABEL } from '../../core/rules';
import type { Hindrance, SideName, SideSchema } from '../../core/types';
import { adviceOn, isDenied } from './advice';

const accessOf = (side: SideName) => ({ name: `${side}.access`, title: `${SIDE_LABEL[side]}: address and credentials` });

/** Address and credentials of one side, and whether it is the instance we know. */
export function accessChecks(side: SideName, schema: Result<SideSchema>, known: string | undefined): readonly Check[] {
  if ('ok' in schema) {
    const { instance } = schema.ok;
    return [
      ok(accessOf(side), `${SIDE_LABEL[side]} answers as ${instance} and lets us in.`),
      instanceCheck(side, instance, known),
    ];
  }
  const { finding, fix } = adviceOn(side, schema.failure);
  return isDenied(side, schema.failure)
    ? [ok(accessOf(side), `${SIDE_LABEL[side]} answers and lets us in.`), problem(rightsOf(side), finding, fix)]
    : [problem(accessOf(side), finding, fix), notChecked(rightsOf(side), [side])];
}

function instanceCheck(side: SideName, instance: string, known: string | undefined): Check {
  const about = { name: `${side}.instance`, title: `${SIDE_LABEL[side]}: the same instance as before` };
  if (known === undefined) return ok(about, 'The first cycle will note which instance this is.');
  if (known === instance) return ok(about, `The store belongs to this instance (${instance}).`);
  return problem(
    about,
    `The store belongs to the instance ${known}, but the settings point at ${instance}, so nothing is written.`,
    'Mend the settings; after a copy or refresh of an environment, start with an empty database and import the pairs.',
  );
}

const RIGHTS_TITLE: Readonly<Record<SideName, string>> = {
  marketo: 'Marketo: permissions',
  dynamics: 'Dynamics: role, privileges and change tracking',
};

const rightsOf = (side: SideName) => ({ name: `${side}.rights`, title: RIGHTS_TITLE[side] });

/** `fine` is said when nothing is in the way. */
export function rightsChecks(
  side: SideName,
  fine: string,
  problems: readonly Hindrance[],
  warnings: readonly Hindrance[] = [],
): readonly Check[] {
  const checks = [
    ...problems.map(({ finding, fix }) => problem(rightsOf(side), finding, fix)),
    ...warnings.map(({ finding, fix }) => warning(rightsOf(side), finding, fix)),
  ];
  return checks.length === 0 ? [ok(rightsOf(side), fine)] : checks;
}

export const DYNAMICS_FINE =
  'The application user has a role, reads and changes every contact and lead and may create them, and change tracking is on.';

export const feedOf = (side: SideName, feed: string) => ({
  name: `${side}.feed.${feed}`,
  title: `${SIDE_LABEL[side]}: the feed of changes ${feed}`,
});

/** A feed that was asked once, without moving its cursor. */
export function feedCheck(side: SideName, feed: string, failure: Failure | undefined): Check {
  const about = feedOf(side, feed);
  if (failure === undefined) return ok(about, 'It can be read.');
  if (failure.kind === 'gone')
    return warning(
      about,
      'Its cursor has expired: the next cycle reads it from the beginning, in lane backfill.',
      'Nothing to mend; it happens when no cycle has run for a week.',
    );
  const { finding, fix } = side === 'marketo' && isDenied(side, failure) ? NO_ACTIVITIES : adviceOn(side, failure);
  return (failure.kind === 'config' ? problem : warning)(about, finding, fix);
}

/** All of Marketo's feeds are activities. */
const NO_ACTIVITIES: Hindrance = {
  finding: 'Marketo does not let the API-only user read activities.',
  fix: grant('Read-Only Activity (or Read-Write Activity)'),
};

/** Users are read for the choices of "Assign To", and to find who is named by e-mail. */
export function ownersCheck(failure: Failure | undefined): Check {
  const about = { name: 'dynamics.owners', title: 'Dynamics: the users that campaigns may assign to' };
  if (failure === undefined) return ok(about, 'They can be read.');
  if (!isDenied('dynamics', failure)) {
    const { finding, fix } = adviceOn('dynamics', failure);
    return warning(about, finding, fix);
  }
  return warning(
    about,
    'The sync user may not read users, so a campaign that names an owner is refused.',
    'Give its security role the privilege Read on the table User, at organization level.',
  );
}
