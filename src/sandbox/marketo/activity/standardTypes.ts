/** The activity types Marketo brings, as Get Activity Types lists them. */
export interface TypeAttribute {
  readonly name: string;
  readonly dataType: string;
  /** Custom types only. */
  readonly apiName?: string;
}

export interface ActivityType {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly primaryAttribute?: TypeAttribute;
  readonly attributes: readonly TypeAttribute[];
  readonly apiName?: string;
}

/** Attributes are text unless the name says otherwise, as in `Query Parameters:text`. */
function type(id: number, name: string, description: string, primary: string | undefined, attributes: string): ActivityType {
  const read = (text: string): TypeAttribute => {
    const [attribute = '', dataType = 'string'] = text.split(':');
    return { name: attribute, dataType };
  };
  return {
    id,
    name,
    description,
    ...(primary !== undefined && { primaryAttribute: read(primary) }),
    attributes: attributes === '' ? [] : attributes.split(', ').map(read),
  };
}

const MAIL = 'Campaign Run ID:integer, Choice Number:integer, Step ID:integer, Test Variant:integer';
const ORIGIN = 'API Method Name, Modifying User, Request Id';

export const STANDARD_TYPES: readonly ActivityType[] = [
  type(
    1,
    'Visit Webpage',
    'User visits a web page',
    'Webpage ID:integer',
    'Client IP Address, Query Parameters, Referrer URL, User Agent, Webpage URL',
  ),
  type(
    2,
    'Fill Out Form',
    'User fills out and submits a form on a web page',
    'Webform ID:integer',
    'Client IP Address, Form Fields:text, Query Parameters, Referrer URL, User Agent, Webpage ID:integer',
  ),
  type(
    3,
    'Click Link',
    'User clicks link on a page',
    'Link ID:integer',
    'Client IP Address, Query Parameters, Referrer URL, User Agent, Webpage ID:integer',
  ),
  type(6, 'Send Email', 'Send Marketo email to a person', 'Mailing ID:integer', MAIL),
  type(7, 'Email Delivered', 'Marketo email is delivered to a person', 'Mailing ID:integer', MAIL),
  type(
    8,
    'Email Bounced',
    'Marketo email is bounced for a person',
    'Mailing ID:integer',
    `Category, Details, Email, Subcategory, ${MAIL}`,
  ),
  type(
    9,
    'Unsubscribe Email',
    'Person unsubscribes from Marketo emails',
    'Mailing ID:integer',
    `Client IP Address, Form Fields:text, ${MAIL}`,
  ),
  type(
    10,
    'Open Email',
    'User opens Marketo email',
    'Mailing ID:integer',
    `Device, Is Mobile Device:boolean, Platform, User Agent, ${MAIL}`,
  ),
  type(
    11,
    'Click Email',
    'User clicks on a link in a Marketo email',
    'Mailing ID:integer',
    `Device, Link, Link ID, User Agent, ${MAIL}`,
  ),
  type(
    12,
    'New Lead',
    'New person is added to the database',
    undefined,
    `${ORIGIN}, Created Date:date, Form Name, Lead Source, List Name, SFDC Type, Source Type`,
  ),
  type(
    13,
    'Change Data Value',
    'Changed attribute value for a person record',
    'Attribute Name',
    `${ORIGIN}, New Value:text, Old Value:text, Reason, Source`,
  ),
  type(19, 'Sync Lead to SFDC', 'Sync lead to salesforce', 'SFDC Lead ID', 'Owner, SFDC Type'),
  type(21, 'Convert Lead', 'Convert lead to contact', 'Account Name', 'Opportunity Name, Status'),
  type(
    22,
    'Change Score',
    'Modify the value of a score field',
    'Score Name',
    'Change Value, New Value:integer, Old Value:integer, Reason',
  ),
  type(23, 'Change Owner', 'Change owner of a person', 'New Owner', 'Old Owner'),
  type(24, 'Add to List', 'Add a person to a list', 'List ID:integer', 'Source'),
  type(25, 'Remove from List', 'Remove a person from a list', 'List ID:integer', 'Source'),
  type(
    27,
    'Email Bounced Soft',
    'Campaign Email is bounced soft for a person',
    'Mailing ID:integer',
    `Category, Details, Email, Subcategory, ${MAIL}`,
  ),
  type(
    32,
    'Merge Leads',
    'Merge Leads',
    'Lead ID:integer',
    'Master Updated:boolean, Merge Fields:text, Merge IDs, Merge Source, Merged in Sales:boolean',
  ),
  type(34, 'Add to Opportunity', 'Add to an Opportunity', 'Opportunity ID:integer', 'Is Primary:boolean, Role'),
  type(
    37,
    'Delete Lead',
    'Person is deleted from the database',
    'Lead ID:integer',
    'API Method Name, Campaign, Modifying User, Remove from CRM:boolean, Request Id',
  ),
  type(38, 'Send Alert', 'Send alert email about a person', 'Mailing ID:integer', 'Send To List, Send To Owner'),
  type(46, 'Interesting Moment', 'Interesting moment is recorded', 'Type', 'Date:datetime, Description, Source'),
  type(47, 'Request Campaign', 'Campaign is requested for a person', 'Campaign ID:integer', 'Source'),
  type(
    100,
    'Change Lead Partition',
    'Person partition is changed',
    'New Partition ID:integer',
    'Old Partition ID:integer, Reason',
  ),
  type(
    104,
    'Change Status in Progression',
    'Status is changed in a program',
    'Program ID:integer',
    'New Status, Old Status, Reason, Success:boolean',
  ),
  type(
    108,
    'Change Segment',
    'Segment within a segmentation is changed',
    'Segmentation ID:integer',
    'New Segment ID:integer, Old Segment ID:integer',
  ),
  type(110, 'Call Webhook', 'Call a webhook', 'Webhook', 'Error Type, Response:text'),
  type(113, 'Add to Nurture', 'Add a person to a nurture program', 'Program ID:integer', 'Track ID:integer'),
  type(
    114,
    'Change Nurture Track',
    'Change the track of a nurture program',
    'Program ID:integer',
    'New Track ID:integer, Previous Track ID:integer',
  ),
  type(
    115,
    'Change Nurture Cadence',
    'Change the cadence of a nurture program',
    'Program ID:integer',
    'New Nurture Cadence, Previous Nurture Cadence',
  ),
  type(
    123,
    'Change Program Member Data',
    'Data of a program member is changed',
    'Program ID:integer',
    'Attribute Display Name, Attribute Name, New Value:text, Old Value:text, Reason, Source',
  ),
  type(145, 'Push Lead to Marketo', 'Push lead to Marketo', 'Program ID:integer', 'Reason, Source'),
];
