import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Dataverse, type Json } from './client';

let dataverse: Dataverse;
beforeAll(async () => {
  dataverse = await Dataverse.start();
});
afterAll(async () => dataverse.close());

const CONTACT = "EntityDefinitions(LogicalName='contact')";
const cast = (type: string) => `${CONTACT}/Attributes/Microsoft.Dynamics.CRM.${type}AttributeMetadata`;
const named = (rows: readonly Json[], name: string) => rows.find((row) => row['LogicalName'] === name);
const label = (text: string) => ({ UserLocalizedLabel: expect.objectContaining({ Label: text, LanguageCode: 1033 }) });

describe('tables', () => {
  test('one by name, with what was asked for, and its id always', async () => {
    const select =
      'LogicalName,EntitySetName,PrimaryIdAttribute,PrimaryNameAttribute,ChangeTrackingEnabled,IsOptimisticConcurrencyEnabled,CanChangeTrackingBeEnabled';
    expect(await dataverse.get(`${CONTACT}?$select=${select}`)).toEqual({
      '@odata.context': expect.stringContaining('$metadata#EntityDefinitions/$entity'),
      LogicalName: 'contact',
      EntitySetName: 'contacts',
      PrimaryIdAttribute: 'contactid',
      PrimaryNameAttribute: 'fullname',
      ChangeTrackingEnabled: true,
      IsOptimisticConcurrencyEnabled: true,
      CanChangeTrackingBeEnabled: { Value: true, CanBeChanged: true, ManagedPropertyLogicalName: 'canchangetrackingbeenabled' },
      MetadataId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test('one by id, the same', async () => {
    const byName = await dataverse.get(`${CONTACT}?$select=LogicalName`);
    expect(await dataverse.get(`EntityDefinitions(${String(byName['MetadataId'])})?$select=LogicalName`)).toEqual(byName);
  });

  test('all, or those that a filter finds; none is no error', async () => {
    const find = async (filter: string) =>
      (await dataverse.rows(`EntityDefinitions?$select=LogicalName&$filter=${filter}`)).map((row) => row['LogicalName']);
    expect((await dataverse.rows('EntityDefinitions?$select=LogicalName')).map((row) => row['LogicalName'])).toEqual(
      expect.arrayContaining([
        'contact',
        'lead',
        'account',
        'systemuser',
        'team',
        'businessunit',
        'transactioncurrency',
        'organization',
      ]),
    );
    expect(await find("LogicalName eq 'lead' or EntitySetName eq 'accounts'")).toEqual(['lead', 'account']);
    expect(await find("LogicalName eq 'nothing'")).toEqual([]);
    expect(await find("Microsoft.Dynamics.CRM.In(PropertyName='LogicalName',PropertyValues=['team'])")).toEqual(['team']);
  });

  test('privileges by name and id', async () => {
    const { Privileges: privileges } = await dataverse.get(`${CONTACT}?$select=Privileges`);
    expect((privileges as Json[]).map((one) => one['Name'])).toEqual([
      'prvCreateContact',
      'prvReadContact',
      'prvWriteContact',
      'prvDeleteContact',
      'prvAssignContact',
      'prvAppendContact',
      'prvAppendToContact',
      'prvShareContact',
    ]);
    expect((privileges as Json[])[1]).toMatchObject({
      PrivilegeType: 'Read',
      PrivilegeId: expect.any(String),
      CanBeGlobal: true,
    });
  });

  test('unknown tables, members and columns are told as such', async () => {
    expect(await dataverse.refusal('GET', "EntityDefinitions(LogicalName='nothing')")).toMatchObject({ status: 404 });
    expect(await dataverse.refusal('GET', `${CONTACT}?$select=Nothing`)).toMatchObject({
      status: 400,
      message: "Could not find a property named 'Nothing' on type 'Microsoft.Dynamics.CRM.EntityMetadata'.",
    });
    expect(await dataverse.refusal('GET', `${CONTACT}/Attributes(LogicalName='nothing')`)).toMatchObject({ status: 404 });
    expect(await dataverse.refusal('POST', 'EntityDefinitions', {})).toMatchObject({ status: 405 });
  });
});

describe('columns', () => {
  test('what all have, expanded with the table', async () => {
    const select =
      'LogicalName,AttributeType,AttributeTypeName,AttributeOf,IsValidForRead,IsValidForCreate,IsValidForUpdate,RequiredLevel,IsSecured,CanBeSecuredForRead,DisplayName';
    const entity = await dataverse.get(
      `${CONTACT}?$select=LogicalName&$expand=Attributes($select=${select}),Keys($select=KeyAttributes)`,
    );
    const attributes = entity['Attributes'] as Json[];
    expect(named(attributes, 'emailaddress1')).toMatchObject({
      '@odata.type': '#Microsoft.Dynamics.CRM.StringAttributeMetadata',
      AttributeType: 'String',
      AttributeTypeName: { Value: 'StringType' },
      AttributeOf: null,
      IsValidForRead: true,
      IsValidForCreate: true,
      IsValidForUpdate: true,
      RequiredLevel: { Value: 'None' },
      IsSecured: false,
      CanBeSecuredForRead: true,
      DisplayName: label('Email'),
    });
    expect(named(attributes, 'fullname')).toMatchObject({
      IsValidForRead: true,
      IsValidForCreate: false,
      IsValidForUpdate: false,
    });
    expect(named(attributes, 'lastname')).toMatchObject({ RequiredLevel: { Value: 'ApplicationRequired' } });
    expect(named(attributes, 'ownerid')).toMatchObject({ AttributeType: 'Owner', RequiredLevel: { Value: 'SystemRequired' } });
    expect(named(attributes, 'overriddencreatedon')).toMatchObject({ IsValidForCreate: true, IsValidForUpdate: false });
    expect(named(attributes, 'statecodename')).toMatchObject({ AttributeOf: 'statecode', AttributeType: 'Virtual' });
    expect(named(attributes, 'parentcustomeridtype')).toMatchObject({
      AttributeOf: 'parentcustomerid',
      AttributeType: 'EntityName',
    });
    expect(named(attributes, 'new_synctomkto')).toMatchObject({ AttributeType: 'Boolean', IsValidForUpdate: true });
    expect(entity['Keys']).toEqual([]);
  });

  test('what a type adds needs its cast', async () => {
    expect(
      named(await dataverse.rows(`${cast('String')}?$select=LogicalName,MaxLength,FormatName`), 'emailaddress1'),
    ).toMatchObject({ MaxLength: 100, FormatName: { Value: 'Email' } });
    expect(named(await dataverse.rows(`${cast('Memo')}?$select=LogicalName,MaxLength`), 'description')).toMatchObject({
      MaxLength: 2000,
    });
    expect(
      named(await dataverse.rows(`${cast('Integer')}?$select=LogicalName,MinValue,MaxValue`), 'numberofchildren'),
    ).toMatchObject({ MinValue: 0, MaxValue: 1_000_000_000 });
    expect(named(await dataverse.rows(`${cast('Money')}?$select=LogicalName,Precision,MinValue`), 'annualincome')).toMatchObject({
      Precision: 2,
      MinValue: 0,
    });
    expect(
      named(await dataverse.rows(`${cast('DateTime')}?$select=LogicalName,Format,DateTimeBehavior`), 'birthdate'),
    ).toMatchObject({ Format: 'DateOnly', DateTimeBehavior: { Value: 'DateOnly' } });
    expect(
      named(await dataverse.rows(`${cast('DateTime')}?$select=LogicalName,Format,DateTimeBehavior`), 'createdon'),
    ).toMatchObject({ Format: 'DateAndTime', DateTimeBehavior: { Value: 'UserLocal' } });
    expect(named(await dataverse.rows(`${cast('Lookup')}?$select=LogicalName,Targets`), 'parentcustomerid')).toMatchObject({
      Targets: ['account', 'contact'],
    });
    expect(await dataverse.refusal('GET', `${CONTACT}/Attributes?$select=MaxLength`)).toMatchObject({
      status: 400,
      message: "Could not find a property named 'MaxLength' on type 'Microsoft.Dynamics.CRM.AttributeMetadata'.",
    });
  });

  test('a cast to a type that no column here has finds none, one to a type that is none is refused', async () => {
    expect(await dataverse.rows(`${cast('MultiSelectPicklist')}?$select=LogicalName&$expand=OptionSet,GlobalOptionSet`)).toEqual(
      [],
    );
    expect(await dataverse.refusal('GET', `${cast('MultiSelectPickList')}?$select=LogicalName`)).toMatchObject({
      status: 400,
      message: expect.stringContaining('MultiSelectPickListAttributeMetadata'),
    });
  });

  test('options, each kind in its own form', async () => {
    const optionsOf = async (type: string, name: string, table = 'contact'): Promise<Json> => {
      const path = `EntityDefinitions(LogicalName='${table}')/Attributes/Microsoft.Dynamics.CRM.${type}AttributeMetadata`;
      const rows = await dataverse.rows(`${path}?$select=LogicalName&$expand=OptionSet,GlobalOptionSet`);
      return named(rows, name)?.['OptionSet'] as Json;
    };
    expect((await optionsOf('Picklist', 'preferredcontactmethodcode'))['Options']).toContainEqual(
      expect.objectContaining({ Value: 2, Label: expect.objectContaining(label('Email')) }),
    );
    expect(await optionsOf('Boolean', 'donotbulkemail')).toMatchObject({
      TrueOption: { Value: 1, Label: label('Do Not Allow') },
      FalseOption: { Value: 0, Label: label('Allow') },
    });
    expect((await optionsOf('State', 'statecode', 'lead'))['Options']).toMatchObject([
      { Value: 0, Label: label('Open'), DefaultStatus: 1, InvariantName: 'Open' },
      { Value: 1, Label: label('Qualified'), DefaultStatus: 3 },
      { Value: 2, Label: label('Disqualified'), DefaultStatus: 7 },
    ]);
    expect(
      ((await optionsOf('Status', 'statuscode', 'lead'))['Options'] as Json[]).map((one) => [one['Value'], one['State']]),
    ).toEqual([
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 2],
      [5, 2],
      [6, 2],
      [7, 2],
    ]);
  });

  test('one alone, with and without cast, and its options by path', async () => {
    const path = `${CONTACT}/Attributes(LogicalName='gendercode')`;
    expect(await dataverse.get(`${path}?$select=LogicalName`)).toMatchObject({ LogicalName: 'gendercode' });
    const whole = await dataverse.get(
      `${path}/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Options)`,
    );
    expect(whole['OptionSet']).toMatchObject({ Options: [{ Value: 1 }, { Value: 2 }] });
    expect(Object.keys(whole['OptionSet'] as Json).sort()).toEqual(['MetadataId', 'Options']);
    expect(await dataverse.get(`${path}/Microsoft.Dynamics.CRM.PicklistAttributeMetadata/OptionSet`)).toMatchObject({
      Options: [{ Value: 1 }, { Value: 2 }],
    });
    expect(await dataverse.refusal('GET', `${path}/Microsoft.Dynamics.CRM.StringAttributeMetadata`)).toMatchObject({
      status: 404,
    });
  });

  test('filters compare enumerations, and members of members', async () => {
    const find = async (filter: string) =>
      (await dataverse.rows(`${CONTACT}/Attributes?$select=LogicalName&$filter=${encodeURIComponent(filter)}`)).map(
        (row) => row['LogicalName'],
      );
    expect(await find("RequiredLevel/Value eq Microsoft.Dynamics.CRM.AttributeRequiredLevel'ApplicationRequired'")).toEqual([
      'lastname',
    ]);
    expect(await find("AttributeTypeName/Value eq 'OwnerType'")).toEqual(['ownerid']);
    expect(await find("AttributeType eq Microsoft.Dynamics.CRM.AttributeTypeCode'State' and IsValidForUpdate eq true")).toEqual([
      'statecode',
    ]);
  });
});

describe('the columns of lead', () => {
  /** What a real organisation's metadata says: name, type, `rcu` for valid for read, create and update, whom it describes, length. */
  const real = readFileSync(join(__dirname, 'leadColumns.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));

  test('are those of a real organisation, and the one custom column of the filter', async () => {
    const base = "EntityDefinitions(LogicalName='lead')/Attributes";
    const lengths = new Map<unknown, unknown>();
    for (const type of ['String', 'Memo']) {
      const rows = await dataverse.rows(`${base}/Microsoft.Dynamics.CRM.${type}AttributeMetadata?$select=LogicalName,MaxLength`);
      for (const row of rows) lengths.set(row['LogicalName'], row['MaxLength']);
    }
    const told = (await dataverse.rows(base)).map((column) => {
      const { LogicalName: name, AttributeOf: of } = column;
      const access = ['Read', 'Create', 'Update'].filter((one) => column[`IsValidFor${one}`] === true);
      const letters = access.map((one) => one.charAt(0).toLowerCase()).join('');
      const length = of === null ? (lengths.get(name) ?? '') : '';
      return [name, column['AttributeType'], letters, of ?? '', length].join(' ');
    });
    // That organisation lets its own past dates of creation in.
    const expected = real.map((cells) => (cells[0] === 'createdon' ? cells.with(2, 'r') : cells).join(' '));
    expect(told.filter((line) => !line.startsWith('new_')).sort()).toEqual(expected.sort());
  });
});

describe('relationships and keys', () => {
  test('lookups name their navigation properties', async () => {
    const rows = await dataverse.rows(
      `${CONTACT}/ManyToOneRelationships?$select=ReferencingAttribute,ReferencingEntityNavigationPropertyName,ReferencedEntity,SchemaName&$filter=ReferencingAttribute eq 'parentcustomerid'`,
    );
    expect(rows).toMatchObject([
      {
        ReferencedEntity: 'account',
        ReferencingEntityNavigationPropertyName: 'parentcustomerid_account',
        SchemaName: 'contact_customer_accounts',
      },
      {
        ReferencedEntity: 'contact',
        ReferencingEntityNavigationPropertyName: 'parentcustomerid_contact',
        SchemaName: 'contact_customer_contacts',
      },
    ]);
    const leads = await dataverse.rows(
      "EntityDefinitions(LogicalName='lead')/ManyToOneRelationships?$filter=ReferencingAttribute eq 'slaid'",
    );
    expect(leads).toMatchObject([{ ReferencingEntityNavigationPropertyName: 'sla_lead_sla', SchemaName: 'manualsla_lead' }]);
    const back = await dataverse.rows(
      "EntityDefinitions(LogicalName='account')/OneToManyRelationships?$filter=SchemaName eq 'contact_customer_accounts'",
    );
    expect(back).toMatchObject([{ ReferencingEntity: 'contact', ReferencedEntity: 'account' }]);
    expect(await dataverse.rows(`${CONTACT}/ManyToManyRelationships`)).toEqual([]);
  });

  test('account has an active key of one text column', async () => {
    expect(
      await dataverse.rows(
        "EntityDefinitions(LogicalName='account')/Keys?$select=LogicalName,KeyAttributes,EntityKeyIndexStatus",
      ),
    ).toMatchObject([{ KeyAttributes: ['accountnumber'], EntityKeyIndexStatus: 'Active' }]);
  });
});

describe('the model as XML', () => {
  let xml: string;
  beforeAll(async () => {
    const answer = await dataverse.call('GET', '$metadata');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/xml']);
    xml = answer.text;
  });
  const typeOf = (table: string): string => new RegExp(`<EntityType Name="${table}".*?</EntityType>`, 's').exec(xml)?.[0] ?? '';

  test('every element is closed', () => {
    const open: string[] = [];
    for (const [, closing, name = '', selfClosing] of xml.matchAll(/<(\/?)([\w:]+)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (closing) expect(open.pop()).toBe(name);
      else if (!selfClosing) open.push(name);
    }
    expect(open).toEqual([]);
  });

  test('every type that a property, set or navigation names is there', () => {
    const types = new Set([...xml.matchAll(/<(?:EntityType|ComplexType|EnumType) Name="(\w+)"/g)].map((match) => match[1]));
    const used = [...xml.matchAll(/Type="(?:Collection\()?mscrm\.(\w+)\)?"/g)].map((match) => match[1]);
    expect(used.length).toBeGreaterThan(50);
    expect(used.filter((type) => !types.has(type))).toEqual([]);
    const sets = new Set([...xml.matchAll(/<EntitySet Name="(\w+)"/g)].map((match) => match[1]));
    const bound = [...xml.matchAll(/NavigationPropertyBinding Path="\w+" Target="(\w+)"/g)].map((match) => match[1]);
    expect(bound.filter((set) => !sets.has(set ?? ''))).toEqual([]);
  });

  test('no type has two members of one name', () => {
    for (const [type] of xml.matchAll(/<EntityType .*?<\/EntityType>/gs)) {
      const members = [...type.matchAll(/<(?:Navigation)?Property Name="(\w+)"/g)].map((match) => match[1]);
      expect(members).toEqual([...new Set(members)]);
    }
  });

  test('its properties are those of the rows', async () => {
    await dataverse.create('contacts', { lastname: 'Any' });
    const [row] = await dataverse.rows('contacts?$top=1');
    const properties = [...typeOf('contact').matchAll(/<Property Name="(\w+)"/g)].map((match) => match[1]);
    expect(new Set(properties)).toEqual(new Set(Object.keys(row ?? {}).filter((name) => !name.includes('@'))));
    expect(typeOf('contact')).toContain('<Property Name="birthdate" Type="Edm.Date" />');
    expect(typeOf('contact')).toContain(
      '<Property Name="_ownerid_value" Type="Edm.Guid"><Annotation Term="Org.OData.Core.V1.Computed" Bool="true" /></Property>',
    );
    expect(typeOf('contact')).toContain('<PropertyRef Name="contactid" />');
  });
});

test('the service document lists the sets', async () => {
  const sets = await dataverse.rows('');
  expect(sets).toContainEqual({ name: 'contacts', kind: 'EntitySet', url: 'contacts' });
});
