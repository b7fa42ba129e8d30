/**
 * `@odata/client`, a general OData client that knows nothing of Dataverse, against the sandbox; and SAP's readers of OData models, which
 * its code generators are built on, over `$metadata`.
 */
import { defaultProxy, EdmV4, OData } from '@odata/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { convert } from '@sap-ux/annotation-converter';
import { parse } from '@sap-ux/edmx-parser';
import { API, Dataverse, type Json, OTHER_GUID } from './client';

let dataverse: Dataverse;
let client: ReturnType<typeof OData.New4>;
/** What its batches end with. */
let lastLineEnd = '';
beforeAll(async () => {
  dataverse = await Dataverse.start();
  await dataverse.control('POST', 'seed', { contacts: 8, leads: 2 });
  client = OData.New4({
    serviceEndpoint: `${dataverse.url}${API}/`,
    commonHeaders: { Prefer: 'return=representation' },
    fetchProxy: async (url, init) => {
      const ended = url.endsWith('$batch') && typeof init?.body === 'string' ? { ...init, body: init.body + lastLineEnd } : init;
      return defaultProxy(url, ended);
    },
    // Its own way to a token: client credentials as a basic authorization.
    credential: {
      tokenUrl: `${dataverse.url}/sandbox/oauth2/v2.0/token`,
      clientId: 'sync-app',
      clientSecret: 'sync-secret',
      scope: `${dataverse.url}/.default`,
    },
  });
});
afterAll(async () => dataverse.close());

interface Contact {
  contactid: string;
  firstname: string;
  lastname: string;
  fullname: string;
}

const contacts = () => client.getEntitySet<Contact>('contacts');
const guid = (id: unknown) => EdmV4.Guid.from(String(id));

describe('@odata/client', () => {
  test('creates, retrieves, updates and deletes', async () => {
    const { contactid } = await contacts().create({ firstname: 'Ada', lastname: 'General' });
    expect(await contacts().retrieve(guid(contactid))).toMatchObject({ contactid, fullname: 'Ada General' });
    await contacts().update(guid(contactid), { lastname: 'Changed' });
    expect(await contacts().retrieve(guid(contactid), client.newOptions().select(['fullname']))).toMatchObject({
      fullname: 'Ada Changed',
    });
    await contacts().delete(guid(contactid));
    await expect(contacts().retrieve(guid(contactid))).rejects.toThrow(`Entity 'Contact' With Id = ${contactid} Does Not Exist`);
  });

  test('names the key in parentheses, and upserts by updating what is not there', async () => {
    await contacts().update({ contactid: guid(OTHER_GUID) }, { lastname: 'By name of the key' });
    expect(await contacts().retrieve(guid(OTHER_GUID))).toMatchObject({ lastname: 'By name of the key' });
  });

  test('queries by filter, order, choice of columns, expansion, top and count', async () => {
    const options = client
      .newOptions()
      .filter(client.newFilter().field('statecode').eq(0).field('lastname').ne('Nobody'))
      .select(['fullname', 'emailaddress1'])
      .orderby('lastname', 'asc')
      .expand('owninguser')
      .top(3);
    const rows = await contacts().query(options);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({ fullname: expect.any(String), owninguser: { fullname: 'Sally Sales' } });
    expect(await contacts().count()).toBeGreaterThan(8);
    expect(await contacts().find({ lastname: 'By name of the key' })).toMatchObject([{ contactid: OTHER_GUID }]);
  });

  test('calls functions and actions, bound and unbound', async () => {
    const { UserId } = (await client.functionImport('WhoAmI')) as Json;
    const users = client.getEntitySet('systemusers');
    const { RolePrivileges } = (await users.function('Microsoft.Dynamics.CRM.RetrieveUserPrivileges', guid(UserId))) as Json;
    expect(RolePrivileges).toContainEqual(expect.objectContaining({ PrivilegeName: 'prvWriteLead' }));
    const leads = client.getEntitySet('leads');
    const [lead] = (await leads.query()) as Json[];
    const made = (await leads.action('Microsoft.Dynamics.CRM.QualifyLead', guid(lead?.['leadid']), {
      CreateAccount: false,
      CreateContact: true,
      CreateOpportunity: false,
      Status: 3,
    })) as Json;
    expect(made['value']).toMatchObject([{ contactid: expect.any(String) }]);
  });

  test('sends batches without a line end after the last boundary, which Dataverse does not read; with one, it does', async () => {
    const requests = () => [
      client.newBatchRequest({ collection: 'contacts', params: client.newOptions().select(['fullname']).top(1) }),
      client.newBatchRequest({
        collection: 'accounts',
        params: client.newOptions().select(['name']).orderby('name', 'asc').top(2),
      }),
    ];
    await expect(client.execBatchRequests(requests())).rejects.toThrow();
    lastLineEnd = '\r\n';
    const [people, accounts] = await client.execBatchRequests(requests());
    expect([people?.status, accounts?.status]).toEqual([200, 200]);
    expect(await accounts?.json()).toMatchObject({ value: [{ name: 'Alpine Software' }, { name: 'Cedar Foods' }] });
  });
});

describe("SAP's readers of $metadata", () => {
  test('find every table with its key, columns, lookups and operations, and nothing to complain of', async () => {
    const model = convert(parse((await dataverse.call('GET', '$metadata')).text));
    expect(model.diagnostics ?? []).toEqual([]);
    const contact = model.entityTypes.by_name('contact');
    expect(contact?.keys.map(({ name }) => name)).toEqual(['contactid']);
    expect(contact?.entityProperties.by_name('birthdate')).toMatchObject({ type: 'Edm.Date' });
    expect(contact?.navigationProperties.by_name('parentcustomerid_account')).toMatchObject({
      isCollection: false,
      partner: 'contact_customer_accounts',
      referentialConstraint: [{ sourceProperty: '_parentcustomerid_value', targetProperty: 'accountid' }],
    });
    for (const { name, navigationProperties } of model.entityTypes) {
      for (const property of navigationProperties) {
        expect([name, property.name, property.targetType?.name]).not.toContain(undefined);
      }
    }
    expect(model.entitySets.by_name('leads')?.entityType.name).toBe('lead');
    const operations = model.actions.map(({ name, isFunction, isBound, sourceType }) =>
      [isFunction ? 'function' : 'action', name, isBound ? sourceType : ''].join(' '),
    );
    expect(operations).toEqual(
      expect.arrayContaining([
        'function WhoAmI ',
        'function RetrieveUserPrivileges Microsoft.Dynamics.CRM.systemuser',
        'action QualifyLead Microsoft.Dynamics.CRM.lead',
        'action CreateMultiple Collection(Microsoft.Dynamics.CRM.contact)',
      ]),
    );
  });
});
