/** What every organisation has from the first day: itself, its unit and currency, users, teams, roles, and the list of messages. */
import { BUSINESS_UNIT_ID, CURRENCY_ID, LANGUAGE_CODE, ORGANIZATION_ID, SYNC_USER_ID, USERS } from './directory';
import { guidOf } from './metadata/ids';
import type { Organization } from './organization';
import type { Value } from './rows/row';

const FOUNDED = '2023-01-09T08:00:00Z';
/** Documented since June 2023. */
const EXPIRE_CHANGE_TRACKING_IN_DAYS = 7;
/** Of the profile that every organisation has. */
const ADMINISTRATOR_PROFILE_ID = '572329c1-a042-4e22-be47-367c6374ea45';
export const BULK_MESSAGES = ['CreateMultiple', 'UpdateMultiple', 'UpsertMultiple'];
export const TABLES_WITH_BULK_MESSAGES = ['contact', 'lead', 'account'];

/** Adds the rows once; an organisation that has them is left as it is. */
export function furnish(organization: Organization): void {
  if (organization.rows('organization').count() > 0) return;
  const unit = { table: 'businessunit', id: BUSINESS_UNIT_ID };
  const add = (table: string, id: string, values: Readonly<Record<string, Value>>): void => {
    const { columns } = organization.model.table(table);
    const stamps: Record<string, Value> = {};
    for (const on of ['createdon', 'modifiedon']) if (columns.has(on)) stamps[on] = FOUNDED;
    for (const by of ['createdby', 'modifiedby']) if (columns.has(by)) stamps[by] = { table: 'systemuser', id: SYNC_USER_ID };
    organization.rows(table).put({ id, version: organization.nextVersion(), values: { ...stamps, ...values } });
  };

  add('organization', ORGANIZATION_ID, {
    name: 'sandbox',
    languagecode: LANGUAGE_CODE,
    localeid: LANGUAGE_CODE,
    expirechangetrackingindays: EXPIRE_CHANGE_TRACKING_IN_DAYS,
    currencydecimalprecision: 2,
    fullnameconventioncode: 1,
    isauditenabled: false,
    isduplicatedetectionenabled: true,
    basecurrencyid: { table: 'transactioncurrency', id: CURRENCY_ID },
  });
  add('businessunit', BUSINESS_UNIT_ID, { name: 'sandbox', isdisabled: false });
  add('transactioncurrency', CURRENCY_ID, {
    currencyname: 'US Dollar',
    isocurrencycode: 'USD',
    currencysymbol: '$',
    currencyprecision: 2,
    exchangerate: 1,
    statecode: 0,
    statuscode: 1,
  });
  for (const user of USERS) {
    add('systemuser', user.id, {
      firstname: user.firstName,
      lastname: user.lastName,
      internalemailaddress: user.email,
      domainname: user.email,
      title: user.title,
      isdisabled: user.disabled,
      accessmode: user.application ? 4 : 0,
      azureactivedirectoryobjectid: user.objectId,
      businessunitid: unit,
      ...(user.application && { applicationid: guidOf('application', user.email) }),
    });
  }
  add('team', guidOf('team', 'sandbox'), { name: 'sandbox', teamtype: 0, isdefault: true, businessunitid: unit });
  add('team', guidOf('team', 'Inside Sales'), { name: 'Inside Sales', teamtype: 0, isdefault: false, businessunitid: unit });
  for (const name of ['Marketo Sync User', 'Salesperson', 'System Administrator']) {
    add('role', guidOf('role', name), { name, businessunitid: unit });
  }
  add('fieldsecurityprofile', ADMINISTRATOR_PROFILE_ID, { name: 'System Administrator' });
  for (const message of BULK_MESSAGES) {
    const id = guidOf('message', message);
    add('sdkmessage', id, { name: message });
    for (const table of TABLES_WITH_BULK_MESSAGES) {
      const values = { sdkmessageid: { table: 'sdkmessage', id }, primaryobjecttypecode: table };
      add('sdkmessagefilter', guidOf('filter', message, table), values);
    }
  }
}
