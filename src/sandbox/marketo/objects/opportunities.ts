/** Opportunities, and the roles that people have in them. */
import { TYPE } from '../activity/log';
import { MarketoError, quote, Skip } from '../http/envelope';
import type { Instance } from '../instance';
import { field, MARKETO_GUID, type ObjectKind, STAMPS } from './kinds';

const text = (name: string, displayName: string, length = 255): ReturnType<typeof field> =>
  field(name, displayName, 'string', true, length);

const EXTERNAL_ID = field('externalOpportunityId', 'External Opportunity Id', 'string', false, 50);
const EXTERNAL_CREATED = field('externalCreatedDate', 'External Created Date', 'datetime');

const OPPORTUNITY_FIELDS = [
  MARKETO_GUID,
  ...STAMPS,
  EXTERNAL_ID,
  text('name', 'Name'),
  text('description', 'Description', 2000),
  text('type', 'Type'),
  text('stage', 'Stage'),
  text('source', 'Source'),
  text('leadSource', 'Lead Source'),
  text('nextStep', 'Next Step'),
  field('amount', 'Amount', 'currency'),
  field('expectedRevenue', 'Expected Revenue', 'currency'),
  field('quantity', 'Quantity', 'float'),
  field('probability', 'Probability', 'integer'),
  field('closeDate', 'Close Date', 'date'),
  field('isClosed', 'Is Closed', 'boolean'),
  field('isWon', 'Is Won', 'boolean'),
  text('fiscal', 'Fiscal'),
  field('fiscalQuarter', 'Fiscal Quarter', 'integer'),
  field('fiscalYear', 'Fiscal Year', 'integer'),
  text('forecastCategoryName', 'Forecast Category Name'),
  field('lastActivityDate', 'Last Activity Date', 'date'),
  EXTERNAL_CREATED,
  text('externalSalesPersonId', 'External Sales Person Id', 100),
];

export const OPPORTUNITY: ObjectKind = {
  name: 'opportunity',
  displayName: 'Opportunity',
  pluralName: 'Opportunities',
  description: 'Opportunity',
  idField: 'marketoGUID',
  dedupeFields: ['externalOpportunityId'],
  searchable: [['externalOpportunityId'], ['marketoGUID']],
  underCrm: 'readOnly',
  objects: (instance) => instance.opportunities,
  fields: () => OPPORTUNITY_FIELDS,
  refuse(instance, { externalSalesPersonId: seller }) {
    if (seller === undefined || seller === null || seller === '') return;
    if (instance.salesPersons.byExternalId(quote(seller)) === undefined) {
      throw new MarketoError('718', `ExternalSalesPersonID '${quote(seller)}' not found`);
    }
  },
  check(_instance, { name }) {
    if (name === undefined) throw new Skip('1003', "Invalid data: no value for 'name'");
  },
  onRemoved(instance, { externalId }) {
    for (const role of instance.opportunityRoles.all()) {
      if (role.values['externalOpportunityId'] === externalId) instance.opportunityRoles.remove(role.id);
    }
  },
};

const ROLE_FIELDS = [
  MARKETO_GUID,
  ...STAMPS,
  EXTERNAL_ID,
  field('leadId', 'Lead Id', 'integer', false),
  field('role', 'Role', 'string', false, 50),
  field('isPrimary', 'Is Primary', 'boolean'),
  EXTERNAL_CREATED,
];

export const OPPORTUNITY_ROLE: ObjectKind = {
  name: 'opportunityRole',
  displayName: 'Opportunity Role',
  pluralName: 'Opportunity Roles',
  description: 'Opportunity Role',
  idField: 'marketoGUID',
  dedupeFields: ['externalOpportunityId', 'leadId', 'role'],
  searchable: [['externalOpportunityId', 'leadId', 'role'], ['marketoGUID'], ['leadId'], ['externalOpportunityId']],
  underCrm: 'closed',
  objects: (instance) => instance.opportunityRoles,
  fields: () => ROLE_FIELDS,
  check(instance, { externalOpportunityId, leadId }) {
    if (instance.opportunities.byExternalId(String(externalOpportunityId)) === undefined)
      throw new Skip('1013', 'Object not found');
    if (instance.leads.get(Number(leadId)) === undefined) throw new Skip('1004', 'Lead not found');
  },
  onCreated: logAdded,
};

function logAdded(instance: Instance, { values }: { readonly values: Readonly<Record<string, unknown>> }): void {
  const opportunity = instance.opportunities.byExternalId(String(values['externalOpportunityId']));
  if (opportunity === undefined) return;
  instance.log.append({
    type: TYPE.addToOpportunity,
    lead: Number(values['leadId']),
    primaryId: opportunity.id,
    primary: String(opportunity.values['name']),
    attributes: { Role: String(values['role']), 'Is Primary': values['isPrimary'] === true },
  });
}
