/** What Marketo lets us do, tried out on nobody: Marketo has no question for it, and a doctor changes nothing. */
import { type Check, ok, problem, warning } from '../../core/doctor';
import { grant } from '../../core/marketoPermissions';
import type { Failure, Side } from '../../core/ports';
import type { Hindrance } from '../../core/types';
import { adviceOn, failureOf, isDenied } from './advice';

/** Marketo counts its people from one, and their ids end here. */
const NOBODY = { entity: 'person', id: '2147483647' } as const;

export const MARKETO_FINE =
  'People, fields and activity types can be read, and people can be written (tried on an id that nobody has). ' +
  'Adding activities (Read-Write Activity) and creating fields (Read-Write Schema Custom Field, for "mdsync setup") cannot be tried without doing it.';

/** Reads nobody, then updates nobody with nothing: whoever may not do it is told before anything is looked for. */
export async function missingRights(marketo: Pick<Side, 'read' | 'write'>): Promise<readonly Hindrance[]> {
  const [[read], [written]] = await Promise.all([
    marketo.read([NOBODY], { person: ['id'] }),
    marketo.write([{ ...NOBODY, values: {} }]),
  ]);
  return [
    ...hindrance(failureOf(read), 'read people', 'Read-Only Person (or Read-Write Person)'),
    ...hindrance(failureOf(written), 'change people', 'Read-Write Person'),
  ];
}

/** That there is no such person is just what was expected. */
function hindrance(failure: Failure | undefined, what: string, permission: string): readonly Hindrance[] {
  if (failure === undefined || failure.scope !== 'side') return [];
  return isDenied('marketo', failure)
    ? [{ finding: `Marketo does not let the API-only user ${what}.`, fix: grant(permission) }]
    : [adviceOn('marketo', failure)];
}

/**
 * Whether Marketo's own CRM sync is on. `met`: a write of ours was refused because of it. `answer`: what Marketo says to an update, with
 * nothing, of a company that does not exist, which its own CRM sync closes.
 */
export function nativeSyncCheck(met: boolean, answer: Failure | undefined): Check {
  const about = { name: 'marketo.nativeSync', title: 'Marketo: its own CRM sync is off' };
  if (met || answer?.code === ON) {
    const { finding, fix } = adviceOn('marketo', { kind: 'config', scope: 'side', code: ON, message: '' });
    return problem(about, finding, fix);
  }
  if (answer === undefined) return ok(about, 'It is off: Marketo lets companies be changed, which its own sync would not.');
  if (isDenied('marketo', answer))
    return warning(
      about,
      'It could not be told whether it is off: the API-only user may not change companies, which is where it shows.',
      'Look at Marketo, Admin, CRM; or give the role Read-Write Company, which the sync itself needs only here.',
    );
  return warning(
    about,
    `It could not be told whether it is off. ${adviceOn('marketo', answer).finding}`,
    'Look at Marketo, Admin, CRM.',
  );
}

const ON = '1018';
