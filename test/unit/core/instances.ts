/** Both sides as an instance with Marketo Sales Insight describes the fields of the default mapping: types, lengths, options, permissions. */
import type { FieldSchema, OptionLabel, SideSchema } from '../../../src/core/types';
import { fieldSchema } from './support';

const options = (...labels: readonly string[]): readonly OptionLabel[] =>
  labels.map((label, index) => ({ value: index + 1, label }));

type Column = readonly [name: string, label: string, vendorType: string, extra?: Partial<FieldSchema>];

const chars = (maxLength: number): Partial<FieldSchema> => ({ maxLength });
const CONTACT_METHODS = options('Any', 'Email', 'Phone', 'Fax', 'Mail');
const FACT: Partial<FieldSchema> = { creatable: false, updatable: false };

/** Columns that contact and lead describe alike. */
const SHARED: readonly Column[] = [
  ['$id', 'Record id', 'Uniqueidentifier', FACT],
  ['$table', 'Table', 'String', FACT],
  ['$deleted', 'Deleted', 'Boolean', FACT],
  ['salutation', 'Salutation', 'String', chars(100)],
  ['firstname', 'First Name', 'String', { maxLength: 50, required: 'recommended' }],
  ['middlename', 'Middle Name', 'String', chars(50)],
  ['lastname', 'Last Name', 'String', { maxLength: 50, required: 'application' }],
  ['jobtitle', 'Job Title', 'String', chars(100)],
  ['emailaddress1', 'Email', 'String', chars(100)],
  ['telephone1', 'Business Phone', 'String', chars(50)],
  ['telephone2', 'Home Phone', 'String', chars(50)],
  ['mobilephone', 'Mobile Phone', 'String', chars(20)],
  ['preferredcontactmethodcode', 'Preferred Method of Contact', 'Picklist', { options: CONTACT_METHODS }],
  ['address1_line1', 'Street 1', 'String', chars(250)],
  ['address1_line2', 'Street 2', 'String', chars(250)],
  ['address1_line3', 'Street 3', 'String', chars(250)],
  ['address1_city', 'City', 'String', chars(80)],
  ['address1_stateorprovince', 'State/Province', 'String', chars(50)],
  ['address1_country', 'Country/Region', 'String', chars(80)],
  ['address1_postalcode', 'ZIP/Postal Code', 'String', chars(20)],
  ['donotbulkemail', 'Do not allow Bulk Emails', 'Boolean'],
  ['donotphone', 'Do not allow Phone Calls', 'Boolean'],
  ['donotemail', 'Do not allow Emails', 'Boolean'],
  ['donotfax', 'Do not allow Faxes', 'Boolean'],
  ['donotsendmm', 'Send Marketing Materials', 'Boolean'],
  ['description', 'Description', 'Memo', chars(2000)],
  ['createdon', 'Created On', 'DateTime', { ...FACT, dateOnly: false }],
  ['ownerid', 'Owner', 'Owner', { ...FACT, required: 'system' }],
  ['statuscode', 'Status Reason', 'Status', { options: options('First', 'Second') }],
  ['mkt_relativescore', 'Relative Score', 'Integer'],
  ['mkt_urgency', 'Urgency', 'Integer'],
  ['mkt_priority', 'Priority', 'Integer'],
  ['mkt_lastinterestingmomentdate', 'Last Interesting Moment Date', 'DateTime', { dateOnly: false }],
  ['mkt_lastinterestingmomenttype', 'Last Interesting Moment Type', 'String', chars(100)],
  ['mkt_leadinterestingmomentsource', 'Last Interesting Moment Source', 'String', chars(100)],
  ['mkt_lastinterestingmomentdesc', 'Last Interesting Moment Desc', 'String', chars(2000)],
];

const CONTACT: readonly Column[] = [
  ...SHARED,
  ['birthdate', 'Birthday', 'DateTime', { dateOnly: true }],
  ['statecode', 'Status', 'State', { required: 'system', options: options('Active', 'Inactive') }],
  ['mkt_leadscore', 'Lead Score', 'Integer'],
  ['parentcustomerid', 'Company Name', 'Customer', FACT],
];

const LEAD: readonly Column[] = [
  ...SHARED,
  ['fax', 'Fax', 'String', chars(50)],
  ['subject', 'Topic', 'String', { maxLength: 300, required: 'application' }],
  ['leadsourcecode', 'Lead Source', 'Picklist', { options: options('Advertisement', 'Employee Referral', 'Web') }],
  ['leadqualitycode', 'Rating', 'Picklist', { options: options('Hot', 'Warm', 'Cold') }],
  ['estimatedvalue', 'Est. Value', 'Double', { minValue: 0, maxValue: 1_000_000_000, precision: 2 }],
  ['statecode', 'Status', 'State', { required: 'system', options: options('Open', 'Qualified', 'Disqualified') }],
  ['companyname', 'Company Name', 'String', { maxLength: 100, required: 'recommended' }],
  ['websiteurl', 'Website', 'String', chars(200)],
  ['industrycode', 'Industry', 'Picklist', { options: options('Accounting', 'Brokers', 'Consulting') }],
  ['numberofemployees', 'No. of Employees', 'Integer', { minValue: 0, maxValue: 1_000_000_000 }],
  ['revenue', 'Annual Revenue', 'Money', { minValue: 0, maxValue: 100_000_000_000_000, precision: 2 }],
];

const PERSON: readonly Column[] = [
  ...['salutation', 'firstName', 'middleName', 'lastName', 'title', 'city', 'state', 'country', 'postalCode', 'leadSource'].map(
    (name): Column => [name, name, 'string', chars(255)],
  ),
  ...['rating', 'leadStatus', 'company', 'industry', 'externalCompanyId'].map(
    (name): Column => [name, name, 'string', chars(255)],
  ),
  ...(
    [
      ['microsoftPreferredMethodOfContact', 'Microsoft Preferred Method Of Contact'],
      ['microsoftAddress2', 'Microsoft Address 2'],
      ['microsoftAddress3', 'Microsoft Address 3'],
      ['microsoftTopic', 'Microsoft Topic'],
      ['subject', 'Subject'],
      ['microsoftStatusReason', 'Microsoft Status Reason'],
      ['microsoftId', 'Microsoft Id'],
      ['microsoftType', 'Microsoft Type'],
      ['microsoftOwner', 'Microsoft Owner'],
      ['microsoftCompany', 'Microsoft Company'],
    ] as const
  ).map(([name, label]): Column => [name, label, 'string', chars(255)]),
  ['leadScore', 'Person Score', 'score'],
  ['relativeScore', 'Relative Score', 'integer', FACT],
  ['relativeUrgency', 'Relative Urgency', 'integer', FACT],
  ['priority', 'Priority', 'integer', FACT],
  ['msiLastInterestingMomentDate', 'Last Interesting Moment Date', 'datetime', { ...FACT, dateOnly: false }],
  ...['msiLastInterestingMomentType', 'msiLastInterestingMomentSource', 'msiLastInterestingMomentDesc'].map(
    (name): Column => [name, name, 'string', { ...FACT, maxLength: 255 }],
  ),
  ['microsoftHomePhone', 'Microsoft Home Phone', 'phone', chars(255)],
  ['email', 'Email Address', 'email', chars(255)],
  ['phone', 'Phone Number', 'phone', chars(255)],
  ['mobilePhone', 'Mobile Phone Number', 'phone', chars(255)],
  ['fax', 'Fax Number', 'phone', chars(255)],
  ['website', 'Website', 'url', chars(255)],
  ['address', 'Address', 'text', chars(2000)],
  ['mktoPersonNotes', 'Marketo Person Notes', 'text', chars(30_000)],
  ['dateOfBirth', 'Date of Birth', 'date', { dateOnly: true }],
  ['microsoftCreatedDate', 'Microsoft Created Date', 'datetime', { dateOnly: false }],
  ['unsubscribed', 'Unsubscribed', 'boolean'],
  ['doNotCall', 'Do Not Call', 'boolean'],
  ['microsoftDoNotEmail', 'Microsoft Do Not Email', 'boolean'],
  ['microsoftDoNotFax', 'Microsoft Do Not Fax', 'boolean'],
  ['microsoftDoNotSendMarketingMaterial', 'Microsoft Do Not Send Marketing Material', 'boolean'],
  ['microsoftIsDeleted', 'Microsoft Is Deleted', 'boolean'],
  ['numberOfEmployees', 'Num Employees', 'integer'],
  ['annualRevenue', 'Annual Revenue', 'currency'],
  ['microsoftEstimatedValue', 'Microsoft Estimated Value', 'float'],
];

/** Changes single fields: `undefined` takes one away. */
type Changes = Readonly<Record<string, Partial<FieldSchema> | undefined>>;

function described(columns: readonly Column[], changes: Changes): Record<string, FieldSchema> {
  return Object.fromEntries(
    columns.flatMap(([name, label, vendorType, extra]) =>
      name in changes && changes[name] === undefined
        ? []
        : [[name, fieldSchema(name, { label, vendorType, ...extra, ...changes[name] })] as const],
    ),
  );
}

export function marketoInstance(changes: Changes = {}): SideSchema {
  return { instance: 'marketo.example', entities: { person: described(PERSON, changes) }, problems: [] };
}

export function dynamicsInstance(changes: Changes = {}): SideSchema {
  return {
    instance: 'dynamics.example',
    entities: { contact: described(CONTACT, changes), lead: described(LEAD, changes) },
    problems: [],
  };
}
