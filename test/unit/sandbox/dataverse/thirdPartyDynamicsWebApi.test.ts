/** The best known client library for JavaScript, `dynamics-web-api`, against the sandbox: its common operations, as its users call them. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DynamicsWebApi } from 'dynamics-web-api';
import { Dataverse, GUID, type Json, OTHER_GUID } from './client';

let dataverse: Dataverse;
let api: DynamicsWebApi;
beforeAll(async () => {
  dataverse = await Dataverse.start();
  await dataverse.control('POST', 'seed', { contacts: 12, leads: 3 });
});
beforeEach(() => {
  api = createApi();
});
afterAll(async () => dataverse.close());

function createApi(more: object = {}): DynamicsWebApi {
  const onTokenRefresh = async () => {
    const { json } = await dataverse.askToken({ client_id: 'sync-app', client_secret: 'sync-secret' });
    return String(json['access_token']);
  };
  return new DynamicsWebApi({ serverUrl: dataverse.url, dataApi: { version: '9.2' }, onTokenRefresh, ...more });
}

const contact = (data: Json) => api.create<Json, string>({ collection: 'contacts', data });

describe('rows', () => {
  test('are created, with the id or with the row as the answer', async () => {
    expect(await contact({ lastname: 'Made' })).toMatch(/^[0-9a-f-]{36}$/);
    const row = await api.create<Json>({
      collection: 'contacts',
      data: { firstname: 'Ada', lastname: 'Made' },
      select: ['fullname'],
      returnRepresentation: true,
    });
    expect(row).toMatchObject({ fullname: 'Ada Made', '@odata.etag': expect.stringMatching(/^W\/"\d+"$/) });
  });

  test('are retrieved by id, with labels, along a lookup and by alternate key', async () => {
    const id = await contact({ lastname: 'Read', 'parentcustomerid_account@odata.bind': "accounts(accountnumber='A-1')" });
    const row = await api.retrieve<Json>({
      collection: 'contacts',
      key: id,
      select: ['lastname', 'statecode'],
      expand: [{ property: 'parentcustomerid_account', select: ['name'] }],
      includeAnnotations: '*',
    });
    expect(row).toMatchObject({
      lastname: 'Read',
      statecode_Formatted: 'Active',
      parentcustomerid_account: { name: 'Alpine Software' },
    });
    expect(await api.retrieve<Json>({ collection: 'accounts', key: "accountnumber='A-2'", select: ['name'] })).toMatchObject({
      name: 'Cedar Foods',
    });
    await expect(api.retrieve({ collection: 'contacts', key: GUID })).rejects.toMatchObject({ status: 404, code: '0x80040217' });
  });

  test('are updated, one column alone too, and only when they are as they were read', async () => {
    const id = await contact({ lastname: 'Before' });
    const { '@odata.etag': etag } = await api.retrieve<Json>({ collection: 'contacts', key: id, select: ['lastname'] });
    const after = await api.update<Json>({
      collection: 'contacts',
      key: id,
      data: { lastname: 'After' },
      ifmatch: String(etag),
      returnRepresentation: true,
      select: ['lastname'],
    });
    expect(after).toMatchObject({ lastname: 'After' });
    const stale = { collection: 'contacts', key: id, data: { lastname: 'Late' }, ifmatch: String(etag) };
    expect(await api.update(stale)).toBe(false);
    await expect(createApi({ propagateErrors: true }).update(stale)).rejects.toMatchObject({ status: 412, code: '0x80060882' });
    await api.updateSingleProperty({ collection: 'contacts', key: id, fieldValuePair: { jobtitle: 'Buyer' } });
    expect(await dataverse.get(`contacts(${id})`)).toMatchObject({ lastname: 'After', jobtitle: 'Buyer' });
    await expect(api.update({ collection: 'contacts', key: OTHER_GUID, data: { lastname: 'New' } })).rejects.toMatchObject({
      status: 404,
    });
  });

  test('are upserted: made, changed, made only, changed only', async () => {
    const upsert = (lastname: string, conditions: object = {}) =>
      api.upsert({ collection: 'contacts', key: GUID, data: { lastname }, ...conditions });
    expect(await upsert('Nobody', { ifmatch: '*' })).toBeNull();
    expect(await upsert('Made')).toBe(GUID);
    expect(await upsert('Changed')).toBe(GUID);
    expect(await upsert('Again', { ifnonematch: '*' })).toBeNull();
    expect(await dataverse.get(`contacts(${GUID})`)).toMatchObject({ lastname: 'Changed' });
    await api.upsert({ collection: 'accounts', key: "accountnumber='W-1'", data: { name: 'By key' } });
    expect(await dataverse.get("accounts(accountnumber='W-1')")).toMatchObject({ name: 'By key' });
  });

  test('are deleted, or one column of them', async () => {
    const id = await contact({ lastname: 'Gone', jobtitle: 'Buyer' });
    await api.deleteRecord({ collection: 'contacts', key: id, property: 'jobtitle' });
    expect(await dataverse.get(`contacts(${id})`)).toMatchObject({ lastname: 'Gone', jobtitle: null });
    await api.deleteRecord({ collection: 'contacts', key: id });
    expect((await dataverse.call('GET', `contacts(${id})`)).status).toBe(404);
  });
});

describe('many rows', () => {
  test('come page by page, filtered, sorted and counted', async () => {
    const request = {
      collection: 'contacts',
      select: ['fullname'],
      filter: "contains(emailaddress1,'@')",
      orderBy: ['lastname desc'],
      maxPageSize: 5,
      count: true,
    };
    const first = await api.retrieveMultiple<Json>(request);
    expect(first.value).toHaveLength(5);
    expect(first.oDataCount).toBeGreaterThan(10);
    const second = await api.retrieveMultiple<Json>(request, first.oDataNextLink);
    expect(second.value).toHaveLength(5);
    const all = await api.retrieveAll<Json>(request);
    expect(all.value).toHaveLength(first.oDataCount ?? 0);
    expect(new Set(all.value?.map(({ contactid }) => contactid)).size).toBe(all.value?.length);
  });

  test('are counted', async () => {
    expect(await api.count({ collection: 'leads' })).toBe(3);
    expect(await api.count({ collection: 'leads', filter: 'statecode eq 1' })).toBe(0);
    expect(await api.countAll({ collection: 'leads', select: ['leadid'] })).toBe(3);
  });

  test('are tracked', async () => {
    const first = await api.retrieveMultiple<Json>({ collection: 'leads', select: ['lastname'], trackChanges: true });
    expect(first.value).toHaveLength(3);
    const made = await api.create<Json, string>({ collection: 'leads', data: { lastname: 'Tracked' } });
    const next = await api.retrieveMultiple<Json>({ collection: 'leads', select: ['lastname'] }, first.oDataDeltaLink);
    expect(next.value).toMatchObject([{ leadid: made, lastname: 'Tracked' }]);
    await api.deleteRecord({ collection: 'leads', key: made });
    const last = await api.retrieveMultiple<Json>({ collection: 'leads', select: ['lastname'] }, next.oDataDeltaLink);
    expect(last.value).toMatchObject([{ id: made, reason: 'deleted' }]);
  });
});

describe('batches', () => {
  test('answer each operation, and the failed ones as errors', async () => {
    api.startBatch();
    void api.create({ collection: 'contacts', data: { lastname: 'In a batch' }, inChangeSet: false });
    void api.create({ collection: 'contacts', data: { lastname: 'x'.repeat(51) }, inChangeSet: false });
    void api.retrieveMultiple({ collection: 'accounts', select: ['name'], filter: "name eq 'Cedar Foods'" });
    const [id, failed, accounts] = await api.executeBatch({ continueOnError: true });
    expect(await dataverse.get(`contacts(${String(id)})`)).toMatchObject({ lastname: 'In a batch' });
    expect(failed).toMatchObject({ status: 400, error: { code: '0x80044331' } });
    expect(accounts.value).toMatchObject([{ name: 'Cedar Foods' }]);
  });

  test('a change set is made as one, its requests pointing to each other, or not at all', async () => {
    api.startBatch();
    void api.create({ collection: 'accounts', data: { name: 'Set' }, contentId: '1' });
    void api.create({ collection: 'contacts', data: { lastname: 'Member', 'parentcustomerid_account@odata.bind': '$1' } });
    const [account, member] = await api.executeBatch();
    expect(await dataverse.get(`contacts(${String(member)})`)).toMatchObject({ _parentcustomerid_value: account });
    api.startBatch();
    void api.create({ collection: 'accounts', data: { name: 'Undone' } });
    void api.create({ collection: 'contacts', data: { lastname: 'x'.repeat(51) } });
    await expect(api.executeBatch()).rejects.toBeDefined();
    expect(await dataverse.rows("accounts?$filter=name eq 'Undone'")).toEqual([]);
  });
});

describe('links', () => {
  test('are made and taken away, from both ends', async () => {
    const account = await api.create<Json, string>({ collection: 'accounts', data: { name: 'Linked' } });
    const member = await contact({ lastname: 'Linked' });
    const held = async () => (await dataverse.get(`contacts(${member})`))['_parentcustomerid_value'];
    const many = { collection: 'accounts', primaryKey: account, relationshipName: 'contact_customer_accounts' };
    await api.associate({ ...many, relatedCollection: 'contacts', relatedKey: member });
    expect(await held()).toBe(account);
    await api.disassociate({ ...many, relatedKey: member });
    expect(await held()).toBeNull();
    const one = { collection: 'contacts', primaryKey: member, navigationProperty: 'parentcustomerid_account' };
    await api.associateSingleValued({ ...one, relatedCollection: 'accounts', relatedKey: account });
    expect(await held()).toBe(account);
    await api.disassociateSingleValued(one);
    expect(await held()).toBeNull();
  });

  test('a row is made where it belongs', async () => {
    const account = await api.create<Json, string>({ collection: 'accounts', data: { name: 'Parent' } });
    const child = { collection: 'accounts', key: account, navigationProperty: 'contact_customer_accounts' };
    const id = await api.create<Json, string>({ ...child, data: { lastname: 'Child' } });
    expect(await dataverse.get(`contacts(${id})`)).toMatchObject({ _parentcustomerid_value: account });
  });
});

describe('functions and actions', () => {
  test('unbound and bound', async () => {
    const { UserId } = await api.callFunction<Json>('WhoAmI');
    const { RolePrivileges } = await api.callFunction<Json>({
      name: 'Microsoft.Dynamics.CRM.RetrieveUserPrivileges',
      collection: 'systemusers',
      key: String(UserId),
    });
    expect(RolePrivileges).toContainEqual(expect.objectContaining({ PrivilegeName: 'prvReadContact', Depth: 'Global' }));
    const lead = await api.create<Json, string>({ collection: 'leads', data: { lastname: 'Qualified' } });
    const qualified = await api.callAction<Json, Json>({
      actionName: 'Microsoft.Dynamics.CRM.QualifyLead',
      collection: 'leads',
      key: lead,
      action: { CreateAccount: false, CreateContact: true, CreateOpportunity: false, Status: 3 },
    });
    expect(qualified['value']).toMatchObject([{ contactid: expect.any(String) }]);
    const [target, subordinate] = [await contact({ lastname: 'One' }), await contact({ lastname: 'Two' })];
    const reference = (contactid: string) => ({ '@odata.type': 'Microsoft.Dynamics.CRM.contact', contactid });
    await api.callAction({
      actionName: 'Merge',
      action: { Target: reference(target), Subordinate: reference(subordinate), PerformParentingChecks: false },
    });
    expect(await dataverse.get(`contacts(${subordinate})`)).toMatchObject({ merged: true, _masterid_value: target });
  });
});

describe('metadata', () => {
  test('tables, columns and choices', async () => {
    const [entity] =
      (await api.retrieveEntities<Json>({ select: ['LogicalName', 'EntitySetName'], filter: "LogicalName eq 'contact'" }))
        .value ?? [];
    expect(entity).toMatchObject({ LogicalName: 'contact', EntitySetName: 'contacts' });
    const byId = { key: String(entity?.['MetadataId']), select: ['SchemaName'] };
    expect(await api.retrieveEntity<Json>(byId)).toMatchObject({ SchemaName: 'Contact' });
    const entityKey = "LogicalName='contact'";
    const choices = await api.retrieveAttributes<Json>({
      entityKey,
      castType: 'Microsoft.Dynamics.CRM.PicklistAttributeMetadata',
      select: ['LogicalName'],
      expand: [{ property: 'OptionSet', select: ['Options'] }],
    });
    expect(choices.value).toContainEqual(expect.objectContaining({ LogicalName: 'preferredcontactmethodcode' }));
    const attributeKey = "LogicalName='lastname'";
    expect(await api.retrieveAttribute<Json>({ entityKey, attributeKey, select: ['SchemaName'] })).toMatchObject({
      SchemaName: 'LastName',
    });
  });

  test('relationships and global choices', async () => {
    const filter = "SchemaName eq 'contact_customer_accounts'";
    const [found] = (await api.retrieveRelationships<Json>({ filter })).value ?? [];
    expect(found).toMatchObject({ ReferencingEntity: 'contact', ReferencedEntity: 'account' });
    const castType = 'Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata';
    expect(
      await api.retrieveRelationship<Json>({ key: String(found?.['MetadataId']), castType, select: ['SchemaName'] }),
    ).toMatchObject({ SchemaName: 'contact_customer_accounts' });
    expect((await api.retrieveGlobalOptionSets<Json>()).value).toEqual([]);
  });

  test('as XML', async () => {
    expect(await api.retrieveCsdlMetadata()).toContain('<EntityType Name="contact"');
  });

  test('names of tables stand in for those of their sets', async () => {
    const byNames = createApi({ useEntityNames: true });
    expect((await byNames.retrieveMultiple<Json>({ collection: 'account', select: ['name'], top: 1 })).value).toHaveLength(1);
  });
});

test('a limit is an error with the time to wait', async () => {
  await dataverse.control('POST', 'limits', { requests: 0 });
  const refused = api.retrieveMultiple({ collection: 'contacts', top: 1 });
  await expect(refused).rejects.toMatchObject({
    status: 429,
    code: '0x80072322',
    headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
  });
  await dataverse.control('POST', 'limits', { requests: 6000 });
  expect((await api.retrieveMultiple({ collection: 'contacts', top: 1 })).value).toHaveLength(1);
});
