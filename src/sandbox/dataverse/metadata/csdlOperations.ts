/** The functions and actions of `$metadata`, with the types of their parameters and answers. */
import { BULK_MESSAGES } from '../furnish';
import type { Table } from './model';

interface Member {
  readonly name: string;
  readonly type: string;
  readonly nullable?: boolean;
}

const COMPLEX: Readonly<Record<string, readonly Member[]>> = {
  WhoAmIResponse: [
    { name: 'BusinessUnitId', type: 'Edm.Guid' },
    { name: 'UserId', type: 'Edm.Guid' },
    { name: 'OrganizationId', type: 'Edm.Guid' },
  ],
  RolePrivilege: [
    { name: 'Depth', type: 'mscrm.PrivilegeDepth' },
    { name: 'PrivilegeId', type: 'Edm.Guid' },
    { name: 'BusinessUnitId', type: 'Edm.Guid' },
    { name: 'PrivilegeName', type: 'Edm.String', nullable: true },
  ],
  RetrieveUserPrivilegesResponse: [{ name: 'RolePrivileges', type: 'Collection(mscrm.RolePrivilege)' }],
  AttributePrivilege: [
    { name: 'AttributeId', type: 'Edm.Guid' },
    { name: 'CanRead', type: 'Edm.Int32' },
    { name: 'CanCreate', type: 'Edm.Int32' },
    { name: 'CanUpdate', type: 'Edm.Int32' },
  ],
  RetrievePrincipalAttributePrivilegesResponse: [{ name: 'AttributePrivileges', type: 'Collection(mscrm.AttributePrivilege)' }],
  CreateMultipleResponse: [{ name: 'Ids', type: 'Collection(Edm.Guid)' }],
};

const DEPTHS = `<EnumType Name="PrivilegeDepth"><Member Name="Basic" Value="0" /><Member Name="Local" Value="1" /><Member Name="Deep" Value="2" /><Member Name="Global" Value="3" /></EnumType>`;

interface Operation {
  readonly kind: 'Function' | 'Action';
  readonly name: string;
  /** What it is bound to; unbound when absent. */
  readonly of?: string;
  readonly parameters?: readonly Member[];
  readonly returns?: string;
}

const UNBOUND: readonly Operation[] = [
  { kind: 'Function', name: 'WhoAmI', returns: 'mscrm.WhoAmIResponse' },
  {
    kind: 'Action',
    name: 'Merge',
    parameters: [
      { name: 'Target', type: 'mscrm.crmbaseentity' },
      { name: 'Subordinate', type: 'mscrm.crmbaseentity' },
      { name: 'UpdateContent', type: 'mscrm.crmbaseentity', nullable: true },
      { name: 'PerformParentingChecks', type: 'Edm.Boolean' },
    ],
  },
];

const BOUND: readonly Operation[] = [
  {
    kind: 'Function',
    name: 'RetrieveUserPrivileges',
    of: 'mscrm.systemuser',
    returns: 'mscrm.RetrieveUserPrivilegesResponse',
  },
  ...['systemuser', 'team'].map(
    (principal): Operation => ({
      kind: 'Function',
      name: 'RetrievePrincipalAttributePrivileges',
      of: `mscrm.${principal}`,
      returns: 'mscrm.RetrievePrincipalAttributePrivilegesResponse',
    }),
  ),
  {
    kind: 'Action',
    name: 'QualifyLead',
    of: 'mscrm.lead',
    parameters: [
      { name: 'CreateAccount', type: 'Edm.Boolean' },
      { name: 'CreateContact', type: 'Edm.Boolean' },
      { name: 'CreateOpportunity', type: 'Edm.Boolean' },
      { name: 'OpportunityCurrencyId', type: 'mscrm.transactioncurrency', nullable: true },
      { name: 'OpportunityCustomerId', type: 'mscrm.crmbaseentity', nullable: true },
      { name: 'SourceCampaignId', type: 'mscrm.campaign', nullable: true },
      { name: 'Status', type: 'Edm.Int32' },
    ],
    returns: 'Collection(mscrm.crmbaseentity)',
  },
];

/** Of the tables that have the bulk messages. */
const bulkOf = ({ name }: Table): Operation[] =>
  BULK_MESSAGES.map((message) => ({
    kind: 'Action',
    name: message,
    of: `Collection(mscrm.${name})`,
    parameters: [{ name: 'Targets', type: `Collection(mscrm.${name})` }],
    ...(message === 'CreateMultiple' && { returns: 'mscrm.CreateMultipleResponse' }),
  }));

/** For the schema. */
export function operationTypes(tablesWithBulk: readonly Table[]): string {
  const complex = Object.entries(COMPLEX).map(
    ([name, members]) =>
      `<ComplexType Name="${name}">${members.map((member) => memberXml('Property', member)).join('')}</ComplexType>`,
  );
  const operations = [...UNBOUND, ...BOUND, ...tablesWithBulk.flatMap(bulkOf)].map(operationXml);
  return [DEPTHS, ...complex, ...operations].join('\n');
}

/** For the container: those that are bound to nothing. */
export const operationImports = (namespace: string): string =>
  UNBOUND.map(({ kind, name }) => `<${kind}Import Name="${name}" ${kind}="${namespace}.${name}" />`).join('\n');

function operationXml({ kind, name, of, parameters = [], returns }: Operation): string {
  const entity: Member[] = of === undefined ? [] : [{ name: 'entity', type: of }];
  const inside = [...entity, ...parameters].map((parameter) => memberXml('Parameter', parameter)).join('');
  const answer = returns === undefined ? '' : `<ReturnType Type="${returns}" Nullable="false" />`;
  return `<${kind} Name="${name}"${of === undefined ? '' : ' IsBound="true"'}>${inside}${answer}</${kind}>`;
}

const memberXml = (element: string, { name, type, nullable = false }: Member): string =>
  `<${element} Name="${name}" Type="${type}"${nullable ? '' : ' Nullable="false"'} />`;
