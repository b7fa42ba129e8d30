/** `doctor`: asks both sides everything the sync needs of them. It changes nothing, reads nobody, and moves no cursor. */
import { type Check, type DoctorReport, notChecked, ok, warning } from '../../core/doctor';
import { compilePlan, fieldsToRead } from '../../core/mapping';
import type { FeedRequest, Result, Side } from '../../core/ports';
import { SIDE_LABEL } from '../../core/rules';
import type { SideName, SideSchema } from '../../core/types';
import { readCursor } from '../../store/cursors';
import { blockedSides } from '../../store/limits';
import { nativeSyncMet } from '../../store/nativeSync';
import { instanceSetting, readSetting } from '../../store/settings';
import type { ActivityDeps } from '../deps';
import { accessChecks, DYNAMICS_FINE, feedCheck, feedOf, ownersCheck, rightsChecks } from './access';
import { failureOf } from './advice';
import { mappingChecks, mappingNotChecked, setUpCheck } from './mapping';
import { MARKETO_FINE, missingRights, nativeSyncCheck } from './marketoRights';

export function createDoctor(deps: ActivityDeps) {
  return async function doctor(): Promise<DoctorReport> {
    const [marketo, dynamics] = await Promise.all([deps.marketo.schema(), deps.dynamics.schema()]);
    const known = async (side: SideName) => (await readSetting(deps.db, instanceSetting[side]))?.value;
    return {
      checks: [
        ...accessChecks('marketo', marketo, await known('marketo')),
        ...('ok' in marketo ? await marketoChecks(deps, marketo.ok) : [setUpCheck(undefined)]),
        ...accessChecks('dynamics', dynamics, await known('dynamics')),
        ...('ok' in dynamics ? await dynamicsChecks(deps, dynamics.ok) : []),
        ...(await limitChecks(deps)),
        ...(await fieldChecks(deps, marketo, dynamics)),
      ],
    };
  };
}

async function marketoChecks({ db, marketo }: ActivityDeps, schema: SideSchema): Promise<readonly Check[]> {
  const [missing, companies, met] = await Promise.all([missingRights(marketo), marketo.tryCompanies(), nativeSyncMet(db)]);
  return [
    ...rightsChecks('marketo', MARKETO_FINE, [...schema.problems, ...missing]),
    nativeSyncCheck(met, failureOf(companies)),
    setUpCheck(schema),
  ];
}

async function dynamicsChecks({ dynamics }: ActivityDeps, schema: SideSchema): Promise<readonly Check[]> {
  const owners = await dynamics.listOwners(1);
  return [...rightsChecks('dynamics', DYNAMICS_FINE, schema.problems, schema.warnings), ownersCheck(failureOf(owners))];
}

/** The mapping needs to hear of both sides, and the feeds need the mapping. */
async function fieldChecks(
  deps: ActivityDeps,
  marketo: Result<SideSchema>,
  dynamics: Result<SideSchema>,
): Promise<readonly Check[]> {
  const feeds = [deps.marketo, deps.dynamics].flatMap((side) => side.feeds.map((feed) => ({ side, feed })));
  if ('failure' in marketo || 'failure' in dynamics) {
    const silent = (['marketo', 'dynamics'] as const).filter((side) => 'failure' in { marketo, dynamics }[side]);
    return [...mappingNotChecked(silent), ...feeds.map(({ side, feed }) => notChecked(feedOf(side.name, feed), silent))];
  }
  const plans = (['contact', 'lead'] as const).map((table) => compilePlan(deps.mapping, table, marketo.ok, dynamics.ok));
  const fields = fieldsToRead(plans);
  const asked = await Promise.all(feeds.map(({ side, feed }) => askFeed(deps, side, feed, fields)));
  return [...mappingChecks(plans, dynamics.ok), ...asked];
}

async function askFeed(deps: ActivityDeps, side: Side, feed: string, fields: FeedRequest['fields']): Promise<Check> {
  const stored = await readCursor(deps.db, side.name, feed);
  const answer = await side.changes({ feed, overlap: false, fields, ...(stored ? { cursor: stored.cursor } : {}) });
  return feedCheck(side.name, feed, failureOf(answer));
}

async function limitChecks({ db }: ActivityDeps): Promise<readonly Check[]> {
  const about = { name: 'limits', title: "The vendors' limits" };
  const blocks = await blockedSides(db);
  if (blocks.length === 0) return [ok(about, 'Neither side has asked to be left alone.')];
  return blocks.map(({ side, until, code }) =>
    warning(
      about,
      `${SIDE_LABEL[side]} has asked to be left alone until ${until.toISOString()} (${code}).`,
      'Nothing to mend: the sync goes on by itself.',
    ),
  );
}
