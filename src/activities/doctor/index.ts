/** `doctor`: asks both sides everything the sync needs of them. Reads only, and moves no cursor. */
import { type Check, type DoctorReport, ok, problem, warning } from '../../core/doctor';
import { fieldsToRead, compilePlan } from '../../core/mapping';
import type { FeedRequest, Side } from '../../core/ports';
import type { SideName, SideSchema } from '../../core/types';
import { readCursor } from '../../store/cursors';
import { blockedSides } from '../../store/limits';
import { nativeSyncMet } from '../../store/nativeSync';
import { instanceSetting, readSetting } from '../../store/settings';
import type { ActivityDeps } from '../deps';
import { accessChecks, feedCheck, fixFor } from './access';
import { mappingChecks, setUpCheck } from './mapping';

export function createDoctor(deps: ActivityDeps) {
  return async function doctor(): Promise<DoctorReport> {
    const { db, mapping } = deps;
    const [marketo, dynamics] = await Promise.all([deps.marketo.schema(), deps.dynamics.schema()]);
    const known = async (side: SideName) => (await readSetting(db, instanceSetting[side]))?.value;
    const checks: Check[] = [
      ...accessChecks('marketo', marketo, await known('marketo')),
      ...accessChecks('dynamics', dynamics, await known('dynamics')),
      await nativeSyncCheck(deps),
      ...(await limitChecks(deps)),
    ];
    if ('ok' in marketo) checks.push(setUpCheck(marketo.ok));
    if ('ok' in marketo && 'ok' in dynamics) {
      checks.push(...mappingChecks(mapping, marketo.ok, dynamics.ok), ...(await feedChecks(deps, marketo.ok, dynamics.ok)));
    }
    return { checks };
  };
}

async function feedChecks(deps: ActivityDeps, marketo: SideSchema, dynamics: SideSchema): Promise<readonly Check[]> {
  const plans = (['contact', 'lead'] as const).map((table) => compilePlan(deps.mapping, table, marketo, dynamics));
  const fields = fieldsToRead(plans);
  const feeds = [deps.marketo, deps.dynamics].flatMap((side) => side.feeds.map((feed) => ({ side, feed })));
  return Promise.all(feeds.map(({ side, feed }) => askFeed(deps, side, feed, fields)));
}

async function askFeed(deps: ActivityDeps, side: Side, feed: string, fields: FeedRequest['fields']): Promise<Check> {
  const stored = await readCursor(deps.db, side.name, feed);
  const answer = await side.changes({ feed, overlap: false, fields, ...(stored ? { cursor: stored.cursor } : {}) });
  return feedCheck(side.name, feed, 'failure' in answer ? answer.failure : undefined);
}

async function nativeSyncCheck({ db }: ActivityDeps): Promise<Check> {
  const about = { name: 'marketo.nativeSync', title: 'Marketo: its own CRM sync is off' };
  if (!(await nativeSyncMet(db))) return ok(about, 'No write was refused because of it.');
  const failure = { kind: 'config', scope: 'side', code: '1018', message: '' } as const;
  return problem(about, 'Marketo refuses to be written, because its own CRM sync is on.', fixFor('marketo', failure));
}

async function limitChecks({ db }: ActivityDeps): Promise<readonly Check[]> {
  const about = { name: 'limits', title: "The vendors' limits" };
  const blocks = await blockedSides(db);
  if (blocks.length === 0) return [ok(about, 'Neither side has asked to be left alone.')];
  return blocks.map(({ side, until, code }) =>
    warning(about, `${side} is left alone until ${until.toISOString()} (${code}). The sync goes on by itself.`),
  );
}
