/** Can both sides be reached, do they let us in, and may we do there what the sync needs? */
import { type Check, ok, problem, warning } from '../../core/doctor';
import type { Failure, Result } from '../../core/ports';
import { SIDE_LABEL } from '../../core/rules';
import type { SideName, SideSchema } from '../../core/types';
import { describeFailure } from '../failures';

/** What has to be set for a side, as its settings are called. */
const SETTINGS: Readonly<Record<SideName, string>> = {
  marketo: 'MARKETO_BASE_URL, MARKETO_CLIENT_ID and MARKETO_CLIENT_SECRET',
  dynamics: 'DATAVERSE_URL, DATAVERSE_TENANT_ID, DATAVERSE_CLIENT_ID and DATAVERSE_CLIENT_SECRET',
};

/** By the codes of `classify.ts` on either side: what an administrator does about it. */
const FIXES: Readonly<Record<string, string>> = {
  '600':
    'Make a custom service in Marketo (Admin, LaunchPoint) and give its client id and secret to MARKETO_CLIENT_ID and MARKETO_CLIENT_SECRET.',
  '601': 'Check MARKETO_CLIENT_ID and MARKETO_CLIENT_SECRET against the custom service in Admin, LaunchPoint.',
  '602': 'Ask again: the token had just expired.',
  '603':
    'In Marketo, Admin, Users & Roles, give the role of the API-only user the permissions Read-Write Person, Read-Only Activity, Read-Write Activity, Read-Write Activity Metadata, Read-Write Schema Standard Field and Read-Write Schema Custom Field; see that no IP allowlist is in the way.',
  '1018': "Switch Marketo's own CRM sync off (Admin, Microsoft Dynamics): two syncs on one instance fight.",
  '0x80072560':
    'Create an application user for the app registration (Power Platform admin center, Environments, Settings, Application users) and give it a security role.',
  '0x80040220':
    'Give the security role of the application user Create, Read and Write on Contact and Lead, at organization level.',
  '0x80072491': 'Tick "Track changes" in the properties of the tables Contact and Lead in Power Apps, and publish.',
};

export interface Schemas {
  readonly marketo: Result<SideSchema>;
  readonly dynamics: Result<SideSchema>;
}

/** Address and credentials of one side, then what it says is in the way. */
export function accessChecks(side: SideName, schema: Result<SideSchema>, known: string | undefined): readonly Check[] {
  const about = { name: `${side}.access`, title: `${SIDE_LABEL[side]}: address and credentials` };
  if ('failure' in schema) return [problem(about, `${describeFailure(side, schema.failure)}.`, fixFor(side, schema.failure))];
  const { instance, problems } = schema.ok;
  return [
    ok(about, `${SIDE_LABEL[side]} answers as ${instance} and lets us in.`),
    instanceCheck(side, instance, known),
    ...rightsChecks(side, problems),
  ];
}

export function fixFor(side: SideName, { kind, code }: Failure): string {
  if (kind === 'throttled' || kind === 'quota') return 'Nothing to mend: the sync goes on by itself when the limit lets it.';
  return FIXES[code] ?? `Check ${SETTINGS[side]}, and that this machine reaches the address.`;
}

function instanceCheck(side: SideName, instance: string, known: string | undefined): Check {
  const about = { name: `${side}.instance`, title: `${SIDE_LABEL[side]}: the same instance as before` };
  if (known === undefined || known === instance) return ok(about, `The store belongs to this instance (${instance}).`);
  return problem(
    about,
    `The store belongs to the instance ${known}, but the settings point at ${instance}, so nothing is written.`,
    'Mend the settings; after a copy or refresh of an environment, start with an empty database and import the pairs.',
  );
}

const RIGHTS: Readonly<Record<SideName, { readonly title: string; readonly fine: string }>> = {
  marketo: { title: 'Marketo: permissions', fine: 'Fields and activity types can be read.' },
  dynamics: {
    title: 'Dynamics: role, privileges and change tracking',
    fine: 'The application user has a role, reads contacts and leads at organization level, may create and change them, and change tracking is on.',
  },
};

/** Each sentence says what is missing and what to do. */
function rightsChecks(side: SideName, problems: readonly string[]): readonly Check[] {
  const about = { name: `${side}.rights`, title: RIGHTS[side].title };
  return problems.length === 0 ? [ok(about, RIGHTS[side].fine)] : problems.map((sentence) => problem(about, sentence));
}

/** A feed that was asked once, without moving its cursor. */
export function feedCheck(side: SideName, feed: string, failure: Failure | undefined): Check {
  const about = { name: `${side}.feed.${feed}`, title: `${SIDE_LABEL[side]}: the feed of changes ${feed}` };
  if (failure === undefined) return ok(about, 'It can be read.');
  if (failure.kind === 'gone')
    return warning(about, 'Its cursor has expired: the next cycle reads it from the beginning, in lane backfill.');
  const check = failure.kind === 'config' ? problem : warning;
  return check(about, `${describeFailure(side, failure)}.`, fixFor(side, failure));
}
