import { describe, expect, test } from '@jest/globals';
import { loadMapping } from '../../../src/config/mapping';
import { compilePlan, fieldsToRead, wantedFields } from '../../../src/core/mapping';
import { project } from '../../../src/core/project';
import type { FieldSchema, LeftOut, MappedField, Mapping } from '../../../src/core/types';
import { dynamicsInstance, marketoInstance } from './instances';

const DEFAULT = loadMapping(undefined);

const mapped = (extra: Partial<MappedField> = {}): MappedField => ({
  marketo: 'title',
  dynamics: { contact: 'jobtitle' },
  type: 'string',
  direction: 'both',
  write: 'always',
  ...extra,
});

const mappingOf = (...fields: readonly MappedField[]): Mapping => ({ match: 'email', fields });

interface Instances {
  readonly onMarketo?: Partial<FieldSchema> | undefined;
  readonly onDynamics?: Partial<FieldSchema> | undefined;
}

/** What an administrator reads: what is wrong, then what to do. */
const toldOf = (one: LeftOut | undefined): string | undefined =>
  one === undefined ? undefined : [one.reason, one.fix].filter((part) => part !== undefined).join(' ');

/** The plan of one field mapped on contact, with its schemas changed. */
function compileOne(extra: Partial<MappedField>, instances: Instances = {}) {
  const one = mapped(extra);
  const marketo = marketoInstance('onMarketo' in instances ? { [one.marketo]: instances.onMarketo } : {});
  const dynamics = dynamicsInstance('onDynamics' in instances ? { [one.dynamics.contact ?? '']: instances.onDynamics } : {});
  const plan = compilePlan(mappingOf(one), 'contact', marketo, dynamics);
  return { field: plan.fields[0], direction: plan.fields[0]?.direction, reason: toldOf(plan.leftOut[0]), plan };
}

describe('the default mapping on an ordinary instance', () => {
  test.each(['contact', 'lead'] as const)('is in play on %s as a whole', (table) => {
    const plan = compilePlan(DEFAULT, table, marketoInstance(), dynamicsInstance());
    const wanted = DEFAULT.fields.filter((field) => field.dynamics[table] !== undefined);
    expect(plan.leftOut).toEqual([]);
    expect(plan.fields.map((field) => field.marketo)).toEqual(wanted.map((field) => field.marketo));
    expect(plan.fields.map((field) => field.direction)).toEqual(wanted.map((field) => field.direction));
  });

  test('carries each column with what both sides say about it', () => {
    const { field } = compileOne({});
    expect(field).toEqual({
      marketo: 'title',
      column: 'jobtitle',
      group: 'title',
      type: 'string',
      direction: 'both',
      write: 'always',
      marketoSchema: marketoInstance().entities.person?.title,
      dynamicsSchema: dynamicsInstance().entities.contact?.jobtitle,
    });
  });
});

describe('a person field of another type', () => {
  test.each<[string, Partial<MappedField>, string, string]>([
    ['an option as its number', { type: 'picklist' }, 'Picklist', 'integer'],
    ['anything in a text field', { type: 'currency' }, 'Money', 'string'],
    ['a type word nobody knows', { type: 'boolean' }, 'Boolean', 'tristate'],
    ['an amount in a number field', { type: 'currency' }, 'Money', 'float'],
  ])('is fine for %s', (_what, extra, dynamicsType, marketoType) => {
    const { reason } = compileOne(extra, { onDynamics: { vendorType: dynamicsType }, onMarketo: { vendorType: marketoType } });
    expect(reason).toBeUndefined();
  });
});

describe('what is left out, and why', () => {
  test('a table without a column is not spoken of', () => {
    expect(compilePlan(mappingOf(mapped()), 'lead', marketoInstance(), dynamicsInstance())).toEqual({
      table: 'lead',
      fields: [],
      leftOut: [],
    });
  });

  test.each<[string, Partial<MappedField>, Instances, RegExp]>([
    ['no person field', {}, { onMarketo: undefined }, /^Marketo has no person field title\. Run "mdsync setup"/],
    ['no column', {}, { onDynamics: undefined }, /^Dynamics has no column jobtitle on contact/],
    [
      'a column of another type',
      { type: 'picklist' },
      {},
      /jobtitle on contact is of type String.*Map it as string or text or email/,
    ],
    ['a date with a time', { type: 'date' }, { onDynamics: { vendorType: 'DateTime', dateOnly: false } }, /Map it as datetime/],
    ['a person field of another type', {}, { onMarketo: { vendorType: 'boolean' } }, /title is of type boolean in Marketo/],
    ['text in a number field', {}, { onMarketo: { vendorType: 'integer' } }, /title is of type integer in Marketo/],
    [
      'an option in a date field',
      { type: 'picklist' },
      { onDynamics: { vendorType: 'Picklist' }, onMarketo: { vendorType: 'date' } },
      /title is of type date in Marketo/,
    ],
    [
      'a one-way field that is read-only in Marketo',
      { direction: 'toMarketo' },
      { onMarketo: { updatable: false, creatable: false } },
      /^Title is read-only in Marketo\. Allow it/,
    ],
    ['a secured column', {}, { onDynamics: { readable: false } }, /may not read jobtitle on contact\. Grant Read/],
    ['an unreadable person field', {}, { onMarketo: { readable: false } }, /title cannot be read in Marketo/],
    [
      'a one-way field whose target is closed',
      { direction: 'toDynamics' },
      { onDynamics: { updatable: false, creatable: false } },
      /^The sync user may not write jobtitle on contact\. Allow it/,
    ],
    [
      'a two-way field closed on both sides',
      {},
      { onDynamics: { updatable: false, creatable: false }, onMarketo: { updatable: false, creatable: false } },
      /title is read-only in Marketo, and the sync user may not write/i,
    ],
  ])('%s', (_what, extra, instances, reason) => {
    const { field, reason: said } = compileOne(extra, instances);
    expect(field).toBeUndefined();
    expect(said).toMatch(reason);
    expect(compileOne({}).field).toBeDefined();
  });

  test('one field falls out alone', () => {
    const all = compilePlan(DEFAULT, 'contact', marketoInstance(), dynamicsInstance());
    const one = compilePlan(DEFAULT, 'contact', marketoInstance(), dynamicsInstance({ jobtitle: { readable: false } }));
    expect(one.fields).toEqual(all.fields.filter((field) => field.marketo !== 'title'));
    expect(one.leftOut).toHaveLength(1);
  });
});

describe('a two-way field that may be written on one side only', () => {
  test('goes on one-way, and says so', () => {
    const closed = { updatable: false, creatable: false };
    expect(compileOne({}, { onDynamics: closed })).toMatchObject({
      direction: 'toMarketo',
      reason: expect.stringMatching(/may not write jobtitle on contact, so it is synced toMarketo only/),
    });
    expect(compileOne({}, { onMarketo: closed })).toMatchObject({
      direction: 'toDynamics',
      reason: expect.stringMatching(/Title is read-only in Marketo, so it is synced toDynamics only/i),
    });
  });

  test('is still two-way when it can at least be set on create', () => {
    expect(compileOne({}, { onDynamics: { updatable: false } })).toMatchObject({ direction: 'both', reason: undefined });
  });

  test('takes its group along', () => {
    const fields = [
      mapped({ group: 'job' }),
      mapped({ marketo: 'salutation', dynamics: { contact: 'salutation' }, group: 'job' }),
    ];
    const closed = { jobtitle: { updatable: false, creatable: false } };
    const plan = compilePlan(mappingOf(...fields), 'contact', marketoInstance(), dynamicsInstance(closed));
    expect(plan.fields.map((field) => [field.marketo, field.direction])).toEqual([
      ['title', 'toMarketo'],
      ['salutation', 'toMarketo'],
    ]);
    const against = compilePlan(
      mappingOf(...fields),
      'contact',
      marketoInstance({ salutation: { updatable: false, creatable: false } }),
      dynamicsInstance(closed),
    );
    expect(against.fields).toEqual([]);
    expect(against.leftOut.at(-1)?.reason).toMatch(/group job/);
  });
});

describe('a default that its column cannot hold', () => {
  test('is not used, which is said, and the field goes on', () => {
    const { field, reason } = compileOne({ default: 'x'.repeat(101) });
    expect(field).toMatchObject({ marketo: 'title' });
    expect(field).not.toHaveProperty('default');
    expect(reason).toBe(
      'Its default is not used. Job Title is longer than 100 characters, the most that Dynamics holds. Correct the default.',
    );
    expect(compileOne({ default: 'Ms' })).toMatchObject({ field: { default: 'Ms' }, reason: undefined });
  });
});

describe('an optional field', () => {
  test.each([
    ['the column', { onDynamics: undefined }, 'Dynamics has no column jobtitle on contact.'],
    ['the person field', { onMarketo: undefined }, 'Marketo has no person field title.'],
  ])('is left out calmly while %s is not there', (_what, instances, reason) => {
    const { field, plan } = compileOne({ optional: true }, instances);
    expect(field).toBeUndefined();
    expect(plan.leftOut).toEqual([{ marketo: 'title', reason, optional: true }]);
    expect(compileOne({}, instances).plan.leftOut[0]).not.toHaveProperty('optional');
  });

  test('is in play as soon as it is there, and then whatever is wrong with it is told as ever', () => {
    expect(compileOne({ optional: true })).toMatchObject({ field: { marketo: 'title' }, reason: undefined });
    const [secured] = compileOne({ optional: true }, { onDynamics: { readable: false } }).plan.leftOut;
    expect(secured?.reason).toMatch(/may not read/);
    expect(secured).not.toHaveProperty('optional');
  });
});

describe('the language of labels', () => {
  const options = [
    { value: 1, label: 'Hot', labels: { 1033: 'Hot', 1031: 'Heiß' } },
    { value: 2, label: 'Cold', labels: { 1033: 'Cold' } },
  ];
  const rating = mapped({ marketo: 'rating', dynamics: { lead: 'leadqualitycode' }, type: 'picklist' });
  const planned = (whole: Partial<Mapping>, own: Partial<MappedField> = {}) => {
    const mapping = { ...mappingOf({ ...rating, ...own }), ...whole };
    const [field] = compilePlan(mapping, 'lead', marketoInstance(), dynamicsInstance({ leadqualitycode: { options } })).fields;
    if (field === undefined) throw new Error('The field is not in play');
    return field;
  };
  const inMarketo = (field: ReturnType<typeof planned>, option: number) => project(field, 'dynamics', 'marketo', option);

  test("is the environment's own, the mapping's, or the field's, whichever is nearest", () => {
    expect(inMarketo(planned({}), 1)).toEqual({ value: 'Hot' });
    expect(inMarketo(planned({ labelLanguage: 1031 }), 1)).toEqual({ value: 'Heiß' });
    expect(inMarketo(planned({ labelLanguage: 1031 }, { labelLanguage: 1033 }), 1)).toEqual({ value: 'Hot' });
    expect(inMarketo(planned({}, { labelLanguage: 1031 }), 1)).toEqual({ value: 'Heiß' });
  });

  test('gives way to the base language where an option has no label in it', () => {
    expect(inMarketo(planned({ labelLanguage: 1031 }), 2)).toEqual({ value: 'Cold' });
    expect(inMarketo(planned({ labelLanguage: 9999 }), 1)).toEqual({ value: 'Hot' });
  });

  test('is one for writing; labels in the others are understood all the same', () => {
    for (const said of ['Heiß', 'hot', ' HEISS'.replace('SS', 'ß')])
      expect(project(planned({ labelLanguage: 1031 }), 'marketo', 'dynamics', said)).toEqual({ value: 1 });
    expect(project(planned({ labelLanguage: 1031 }), 'marketo', 'dynamics', 'warm')).toMatchObject({
      refusal: { code: 'unknownOption' },
    });
  });
});

describe('the company link', () => {
  const company = mapped({ marketo: 'company', dynamics: { lead: 'companyname' } });
  const linkOf = (field: MappedField, marketo = marketoInstance()) =>
    compilePlan(mappingOf(field), 'lead', marketo, dynamicsInstance()).companyLink;

  test('is watched when company fields are written to Marketo', () => {
    expect(linkOf(company)).toBe('externalCompanyId');
    expect(linkOf({ ...company, direction: 'toDynamics' })).toBeUndefined();
    expect(linkOf(mapped({ dynamics: { lead: 'jobtitle' } }))).toBeUndefined();
    expect(linkOf(company, marketoInstance({ externalCompanyId: undefined }))).toBeUndefined();
  });
});

describe('what is read', () => {
  const plans = (['contact', 'lead'] as const).map((table) => compilePlan(DEFAULT, table, marketoInstance(), dynamicsInstance()));

  test('is every field in play once, sorted, and real columns only', () => {
    const { person, contact, lead } = fieldsToRead(plans);
    expect(person).toEqual([...new Set([...DEFAULT.fields.map((field) => field.marketo), 'externalCompanyId'])].sort());
    expect(contact).toEqual(expect.arrayContaining(['birthdate', 'jobtitle', 'ownerid', 'statecode']));
    expect(contact).not.toContain('companyname');
    expect(lead).toContain('companyname');
    for (const names of [person, contact, lead]) {
      expect(names).toEqual([...new Set(names)].sort());
      expect(names.filter((name) => name.startsWith('$'))).toEqual([]);
    }
  });

  test('is at least what pairs are found by', () => {
    const nothing = compilePlan(mappingOf(), 'contact', marketoInstance(), dynamicsInstance());
    expect(fieldsToRead([nothing])).toEqual({
      person: ['email', 'microsoftId'],
      contact: ['emailaddress1'],
      lead: ['emailaddress1'],
    });
  });
});

describe('what set-up makes', () => {
  test('is said in words people know, with a type that fits', () => {
    const wanted = wantedFields(DEFAULT);
    const of = (name: string) => wanted.find((field) => field.name === name);
    expect(wanted.map(({ name }) => name)).toEqual(
      DEFAULT.fields.flatMap(({ marketo, optional }) => (optional ? [] : [marketo])),
    );
    expect(of('microsoftIsDeleted')).toEqual({
      name: 'microsoftIsDeleted',
      label: 'Microsoft Is Deleted',
      dataType: 'boolean',
      description: 'Synced with Microsoft Dynamics 365: whether the record was deleted.',
    });
    expect(of('microsoftCreatedDate')).toMatchObject({ label: 'Microsoft Created Date', dataType: 'datetime' });
    expect(of('microsoftId')).toMatchObject({ label: 'Microsoft Id', dataType: 'string' });
    expect(of('microsoftOwner')).toMatchObject({ dataType: 'string' });
    expect(of('title')?.description).toBe('Synced with Microsoft Dynamics 365: jobtitle of the contact, jobtitle of the lead.');
  });

  test('can be mapped as it was made', () => {
    for (const field of DEFAULT.fields) {
      const dataType = wantedFields(mappingOf({ ...field, optional: false }))[0]?.dataType ?? '';
      const marketo = marketoInstance({ [field.marketo]: { vendorType: dataType } });
      for (const table of ['contact', 'lead'] as const)
        expect(compilePlan(mappingOf(field), table, marketo, dynamicsInstance()).leftOut).toEqual([]);
    }
  });

  test.each([
    ['sap_customer_id', 'Sap Customer Id'],
    ['crmSCOREOfLead2', 'Crm SCORE Of Lead 2'],
  ])('%s is labelled %s', (name, label) => {
    expect(wantedFields(mappingOf(mapped({ marketo: name })))[0]?.label).toBe(label);
  });
});
