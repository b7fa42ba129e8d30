import { describe, expect, test } from '@jest/globals';
import { accessChecks, feedCheck } from '../../../../src/activities/doctor/access';
import { mappingChecks, setUpCheck } from '../../../../src/activities/doctor/mapping';
import type { Failure } from '../../../../src/core/ports';
import type { Mapping, SideSchema } from '../../../../src/core/types';
import { fieldSchema } from '../../core/support';

const failure = (over: Partial<Failure>): Failure => ({ kind: 'config', scope: 'side', code: '603', message: 'x', ...over });
const schema = (over: Partial<SideSchema> = {}): SideSchema => ({ instance: 'one', entities: {}, problems: [], ...over });
const statusOf = (checks: readonly { readonly name: string; readonly status: string }[], name: string) =>
  checks.find((check) => check.name === name)?.status;

describe('access', () => {
  test('that works is told with what was looked at', () => {
    const checks = accessChecks('dynamics', { ok: schema() }, undefined);
    expect(checks.map(({ name, status }) => [name, status])).toEqual([
      ['dynamics.access', 'ok'],
      ['dynamics.instance', 'ok'],
      ['dynamics.rights', 'ok'],
    ]);
  });

  test.each([
    ['marketo', '603', 'permissions'],
    ['marketo', '601', 'MARKETO_CLIENT_SECRET'],
    ['dynamics', '0x80072560', 'application user'],
    ['dynamics', 'unreachable', 'DATAVERSE_URL'],
  ] as const)('that fails on %s with %s is a problem with its own fix', (side, code, fix) => {
    expect(accessChecks(side, { failure: failure({ code }) }, 'one')).toEqual([
      expect.objectContaining({ name: `${side}.access`, status: 'problem', fix: expect.stringContaining(fix) }),
    ]);
  });

  test('to another instance than before is a problem, to the same one is not', () => {
    expect(statusOf(accessChecks('marketo', { ok: schema() }, 'two'), 'marketo.instance')).toBe('problem');
    expect(statusOf(accessChecks('marketo', { ok: schema() }, 'one'), 'marketo.instance')).toBe('ok');
  });

  test('tells every right that is missing', () => {
    const checks = accessChecks('dynamics', { ok: schema({ problems: ['A.', 'B.'] }) }, 'one');
    expect(checks.filter(({ name }) => name === 'dynamics.rights').map(({ status, finding }) => [status, finding])).toEqual([
      ['problem', 'A.'],
      ['problem', 'B.'],
    ]);
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

  test('names a field that is left out, and why', () => {
    const [contact] = mappingChecks(mapping, marketo, dynamics(false));
    expect(contact).toMatchObject({ status: 'warning', finding: expect.stringContaining('may not read jobtitle on contact') });
    expect(mappingChecks(mapping, marketo, dynamics(true))[0]).toMatchObject({ status: 'ok' });
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
