import { describe, expect, test } from '@jest/globals';
import { accessChecks, feedCheck, ownersCheck, rightsChecks } from '../../../../src/activities/doctor/access';
import { adviceOn } from '../../../../src/activities/doctor/advice';
import { mappingChecks, setUpCheck } from '../../../../src/activities/doctor/mapping';
import { nativeSyncCheck } from '../../../../src/activities/doctor/marketoRights';
import { compilePlan } from '../../../../src/core/mapping';
import type { Failure } from '../../../../src/core/ports';
import type { Mapping, SideSchema } from '../../../../src/core/types';
import { fieldSchema } from '../../core/support';

const failure = (over: Partial<Failure>): Failure => ({ kind: 'config', scope: 'side', code: '603', message: 'x', ...over });
const schema = (over: Partial<SideSchema> = {}): SideSchema => ({ instance: 'one', entities: {}, problems: [], ...over });
const statusOf = (checks: readonly { readonly name: string; readonly status: string }[], name: string) =>
  checks.find((check) => check.name === name)?.status;

describe('access', () => {
  test('that works is told with what was looked at', () => {
    expect(accessChecks('dynamics', { ok: schema() }, undefined).map(({ name, status }) => [name, status])).toEqual([
      ['dynamics.access', 'ok'],
      ['dynamics.instance', 'ok'],
    ]);
  });

  test.each([
    ['marketo', 'invalid_client', 'MARKETO_CLIENT_SECRET'],
    ['dynamics', 'AADSTS7000222', 'Make a new one'],
    ['dynamics', 'AADSTS500011', 'DATAVERSE_URL'],
    ['dynamics', '0x80072560', 'create an application user'],
    ['dynamics', 'unreachable', 'name resolution'],
    ['dynamics', 'SELF_SIGNED_CERT_IN_CHAIN', 'NODE_EXTRA_CA_CERTS'],
    ['marketo', 'token404', 'Web Services'],
    ['marketo', 'somethingElse', 'MARKETO_BASE_URL, MARKETO_CLIENT_ID'],
  ] as const)('that fails on %s with %s is a problem with its own fix, and rights are not checked', (side, code, fix) => {
    expect(accessChecks(side, { failure: failure({ code }) }, 'one')).toEqual([
      expect.objectContaining({ name: `${side}.access`, status: 'problem', fix: expect.stringContaining(fix) }),
      expect.objectContaining({ name: `${side}.rights`, status: 'warning', finding: expect.stringMatching(/^Not checked/) }),
    ]);
  });

  test.each([
    ['marketo', '603', 'Read-Write Person'],
    ['dynamics', '0x80040220', 'organization level'],
  ] as const)('to %s that is denied with %s is a matter of rights, not of credentials', (side, code, fix) => {
    expect(accessChecks(side, { failure: failure({ code }) }, 'one')).toEqual([
      expect.objectContaining({ name: `${side}.access`, status: 'ok' }),
      expect.objectContaining({ name: `${side}.rights`, status: 'problem', fix: expect.stringContaining(fix) }),
    ]);
  });

  test('that is only slowed down needs no mending', () => {
    const limit = adviceOn('marketo', failure({ kind: 'throttled', code: '606' }));
    expect(limit).toMatchObject({ finding: expect.stringContaining('606'), fix: expect.stringMatching(/^Nothing to mend/) });
  });

  test('to another instance than before is a problem, to the same one is not', () => {
    expect(statusOf(accessChecks('marketo', { ok: schema() }, 'two'), 'marketo.instance')).toBe('problem');
    expect(statusOf(accessChecks('marketo', { ok: schema() }, 'one'), 'marketo.instance')).toBe('ok');
  });

  test('tells every right that is missing, with its fix', () => {
    const a = { finding: 'A.', fix: 'Mend A.' };
    const b = { finding: 'B.', fix: 'Mend B.' };
    expect(rightsChecks('dynamics', 'Fine.', [a], [b])).toMatchObject([
      { name: 'dynamics.rights', status: 'problem', ...a },
      { name: 'dynamics.rights', status: 'warning', ...b },
    ]);
    expect(rightsChecks('dynamics', 'Fine.', [])).toMatchObject([{ status: 'ok', finding: 'Fine.' }]);
  });

  test('to users is told apart from a passing trouble', () => {
    expect(ownersCheck(undefined)).toMatchObject({ status: 'ok' });
    expect(ownersCheck(failure({ code: '0x80040220' }))).toMatchObject({
      status: 'warning',
      fix: expect.stringContaining('table User'),
    });
    expect(ownersCheck(failure({ kind: 'retry', code: 'timeout' }))).toMatchObject({
      finding: expect.stringContaining('in time'),
    });
  });
});

describe("Marketo's own CRM sync", () => {
  test.each([
    ['is off when companies are open', false, undefined, 'ok'],
    ['is on when companies are closed', false, failure({ code: '1018' }), 'problem'],
    ['is on when a write was refused because of it', true, undefined, 'problem'],
    ['cannot be told without the permission', false, failure({ code: '603' }), 'warning'],
    ['cannot be told while Marketo does not answer', false, failure({ kind: 'retry', code: 'timeout' }), 'warning'],
  ] as const)('%s', (_what, met, answer, status) => {
    expect(nativeSyncCheck(met, answer)).toMatchObject({ name: 'marketo.nativeSync', status });
  });
});

describe('a feed', () => {
  test.each([
    [undefined, 'ok'],
    [failure({ kind: 'gone', scope: 'cursor' }), 'warning'],
    [failure({ kind: 'throttled' }), 'warning'],
    [failure({ kind: 'config' }), 'problem'],
  ] as const)('that answers %j is %s', (answer, status) => {
    expect(feedCheck('marketo', 'leadchanges', answer)).toMatchObject({ name: 'marketo.feed.leadchanges', status });
  });
});

describe('the mapping', () => {
  const mapping: Mapping = {
    match: 'email',
    fields: [{ marketo: 'title', dynamics: { contact: 'jobtitle' }, type: 'string', direction: 'both', write: 'always' }],
  };
  const marketo = schema({ entities: { person: { title: fieldSchema('title') } } });
  const dynamics = (readable: boolean): SideSchema =>
    schema({ entities: { contact: { jobtitle: fieldSchema('jobtitle', { vendorType: 'String', readable }) }, lead: {} } });
  const checksOf = (checked: Mapping, side: SideSchema) =>
    mappingChecks(
      (['contact', 'lead'] as const).map((table) => compilePlan(checked, table, marketo, side)),
      side,
    );

  test('names a field that is left out, why, and what to do', () => {
    expect(checksOf(mapping, dynamics(false))).toMatchObject([
      { name: 'mapping.contact', status: 'ok', finding: '0 fields are in play.' },
      {
        name: 'mapping.contact.title',
        status: 'warning',
        finding: 'The sync user may not read jobtitle on contact.',
        fix: expect.stringMatching(/^Grant Read/),
      },
      { name: 'mapping.lead', status: 'ok' },
    ]);
    expect(checksOf(mapping, dynamics(true))).toMatchObject([{ finding: '1 field is in play.' }, {}]);
  });

  test('names a column that Dynamics requires in vain: unmapped, or mapped toMarketo only, and without a default of its own', () => {
    const column = { vendorType: 'String', required: 'application' } as const;
    const withColumns = (extra: object) =>
      schema({
        entities: {
          contact: { jobtitle: fieldSchema('jobtitle', column), budget: fieldSchema('budget', { ...column, ...extra }) },
        },
      });
    const named = (checked: Mapping, extra: object = {}) =>
      checksOf(checked, withColumns(extra)).flatMap(({ name, status }) => (status === 'ok' ? [] : [name]));
    const oneWay: Mapping = { ...mapping, fields: mapping.fields.map((field) => ({ ...field, direction: 'toMarketo' })) };
    expect(named(mapping)).toEqual(['mapping.contact.budget']);
    expect(named(mapping, { hasDefault: true })).toEqual([]);
    expect(named(mapping, { creatable: false })).toEqual([]);
    expect(named(oneWay)).toEqual(['mapping.contact.jobtitle', 'mapping.contact.budget']);
  });

  test('is said not to be checked while a side does not answer', () => {
    expect(setUpCheck(undefined)).toMatchObject({
      status: 'warning',
      finding: 'Not checked, because Marketo could not be asked.',
      fix: expect.any(String),
    });
  });

  test('needs what set-up makes', () => {
    expect(setUpCheck(marketo)).toMatchObject({ status: 'problem', fix: expect.stringContaining('mdsync setup') });
    const person = Object.fromEntries(
      ['microsoftId', 'microsoftType', 'microsoftIsDeleted'].map((name) => [name, fieldSchema(name)]),
    );
    const activityTypes = { syncPersonToMicrosoft: 1, microsoftSyncRejected: 2 };
    expect(setUpCheck(schema({ entities: { person }, activityTypes }))).toMatchObject({ status: 'ok' });
  });
});
