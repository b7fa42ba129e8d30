/** `QualifyLead`: a lead becomes an account, a contact and an opportunity, as far as asked for, and is closed. */
import { type Answer, type Call, isJson, type Json, json, jsonBody } from '../http/call';
import { problem } from '../http/problem';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import { existing } from '../rows/endpoints';
import { writeContextOf } from '../rows/writeContext';
import type { Change } from '../rows/payload';
import type { Reference, Row, Value } from '../rows/row';
import type { RowKey } from '../rows/rowKey';
import { createRow, updateRow, type WriteContext } from '../rows/write';

const STATE_QUALIFIED = 1;

/** Columns that a lead and what it becomes share, where the names differ: `[lead, other]`. All equal names are copied too. */
const TO_ACCOUNT: readonly (readonly [string, string])[] = [['companyname', 'name']];
const TO_OPPORTUNITY: readonly (readonly [string, string])[] = [
  ['subject', 'name'],
  ['estimatedamount', 'estimatedvalue'],
];
/** What says who the row is, or how it stands, is its own. */
const OWN =
  /^(?:created|modified|owning|overridden|versionnumber|state|status|merged|master|parent|originating|qualifying|customer|new_)/;

export function qualifyLead(call: Call, table: Table, key: RowKey, organization: Organization): Answer {
  const lead = existing(table, key);
  const body = jsonBody(call, table.entitySet);
  const context = writeContextOf(call, organization);
  if ((lead.values['statecode'] ?? 0) !== 0) throw problem('leadAlreadyInClosedState');
  const wantsAccount = body['CreateAccount'] === true;
  if (wantsAccount && organization.privileges.depth(call.user, 'account', 'Create') === 'None')
    throw problem('cannotQualifyLead');

  const made: Reference[] = [];
  const make = (name: string, change: Change): Reference => {
    const reference = { table: name, id: createRow(organization.model.table(name), change, context).id };
    made.push(reference);
    return reference;
  };
  const account = wantsAccount ? make('account', copied(lead, 'account', TO_ACCOUNT, context)) : givenAccount(body);
  const contact = body['CreateContact'] === true ? make('contact', contactFrom(lead, account, context)) : undefined;
  const customer = account ?? contact;
  const opportunity =
    body['CreateOpportunity'] === true
      ? make('opportunity', opportunityFrom(lead, account, contact, customer, context))
      : undefined;

  const closing = new Map<string, Value>([
    ['statecode', STATE_QUALIFIED],
    ['statuscode', typeof body['Status'] === 'number' ? body['Status'] : 3],
  ]);
  if (account !== undefined) closing.set('parentaccountid', account);
  if (contact !== undefined) closing.set('parentcontactid', contact);
  if (opportunity !== undefined) closing.set('qualifyingopportunityid', opportunity);
  updateRow(table, lead, closing, context);
  return json({
    '@odata.context': `${call.baseUrl}/$metadata#Collection(Microsoft.Dynamics.CRM.crmbaseentity)`,
    value: made.map((row) => ({ '@odata.type': `#Microsoft.Dynamics.CRM.${row.table}`, [`${row.table}id`]: row.id })),
  });
}

/** Columns of the same name, type permitting, and the renamed ones; with the lead they come from. */
function copied(
  lead: Row,
  name: string,
  renamed: readonly (readonly [string, string])[],
  { organization }: WriteContext,
): Map<string, Value> {
  const target = organization.model.table(name);
  const source = organization.model.table('lead');
  const change = new Map<string, Value>();
  const copy = (from: string, to: string): void => {
    const value = lead.values[from];
    const [one, other] = [source.columns.get(from), target.columns.get(to)];
    if (value === undefined || other === undefined || one?.type !== other.type || !other.validFor.create) return;
    const isOption =
      other.options.length === 0 || typeof value !== 'number' || other.options.some((option) => option.value === value);
    if (isOption) change.set(to, value);
  };
  for (const column of Object.keys(lead.values)) if (!OWN.test(column)) copy(column, column);
  for (const [from, to] of renamed) copy(from, to);
  change.set('originatingleadid', { table: 'lead', id: lead.id });
  return change;
}

function contactFrom(lead: Row, account: Reference | undefined, context: WriteContext): Change {
  const change = copied(lead, 'contact', [], context);
  if (account !== undefined) change.set('parentcustomerid', account);
  return change;
}

function opportunityFrom(
  lead: Row,
  account: Reference | undefined,
  contact: Reference | undefined,
  customer: Reference | undefined,
  context: WriteContext,
): Change {
  const change = copied(lead, 'opportunity', TO_OPPORTUNITY, context);
  if (customer !== undefined) change.set('customerid', customer);
  if (account !== undefined) change.set('parentaccountid', account);
  if (contact !== undefined) change.set('parentcontactid', contact);
  return change;
}

function givenAccount(body: Json): Reference | undefined {
  const customer = body['OpportunityCustomerId'];
  const id = isJson(customer) ? customer['accountid'] : undefined;
  return typeof id === 'string' ? { table: 'account', id: id.toLowerCase() } : undefined;
}
