/** `RemoteExecutionContext`: a write as a webhook's receiver is told of it, an asynchronous step after the operation. */
import { BUSINESS_UNIT_ID, ORGANIZATION_ID } from '../directory';
import type { RowEvent } from '../rows/event';
import { isReference, type Value } from '../rows/row';

const CONTRACTS = 'http://schemas.microsoft.com/xrm/2011/Contracts';
const ASYNCHRONOUS = 1;
const POST_OPERATION = 40;

/** Over this size the rows themselves are left out. */
export const MOST_BYTES = 256 * 1024;

export function executionContext(event: RowEvent, at: Date, correlationId: string): Record<string, unknown> {
  return {
    BusinessUnitId: BUSINESS_UNIT_ID,
    CorrelationId: correlationId,
    Depth: 1,
    InitiatingUserId: event.user.behalfOf ?? event.user.id,
    InputParameters: [{ key: 'Target', value: targetOf(event) }],
    IsExecutingOffline: false,
    IsInTransaction: false,
    IsOfflinePlayback: false,
    IsolationMode: 1,
    MessageName: event.message,
    Mode: ASYNCHRONOUS,
    OperationCreatedOn: `/Date(${at.getTime()}+0000)/`,
    OperationId: correlationId,
    OrganizationId: ORGANIZATION_ID,
    OrganizationName: 'sandbox',
    OutputParameters: [],
    OwningExtension: null,
    ParentContext: null,
    PostEntityImages: [],
    PreEntityImages: [],
    PrimaryEntityId: event.id,
    PrimaryEntityName: event.table.name,
    RequestId: correlationId,
    SecondaryEntityName: 'none',
    SharedVariables: event.tag === undefined ? [] : [{ key: 'tag', value: event.tag }],
    Stage: POST_OPERATION,
    UserId: event.user.id,
  };
}

/** A deleted row is a reference, any other the columns that were written. */
function targetOf(event: RowEvent): Record<string, unknown> {
  if (event.message === 'Delete') return referenceTo(event.table.name, event.id);
  return {
    __type: `Entity:${CONTRACTS}`,
    Attributes: Object.entries(event.change).map(([key, value]) => ({ key, value: contractValue(event, key, value) })),
    EntityState: null,
    FormattedValues: [],
    Id: event.id,
    KeyAttributes: [],
    LogicalName: event.table.name,
    RelatedEntities: [],
    RowVersion: null,
  };
}

const referenceTo = (table: string, id: string): Record<string, unknown> => ({
  __type: `EntityReference:${CONTRACTS}`,
  Id: id,
  KeyAttributes: [],
  LogicalName: table,
  Name: null,
  RowVersion: null,
});

function contractValue(event: RowEvent, key: string, value: Value | null): unknown {
  if (isReference(value)) return referenceTo(value.table, value.id);
  switch (event.table.columns.get(key)?.type) {
    case 'DateTime':
      return value === null ? null : `/Date(${Date.parse(String(value))})/`;
    case 'Money':
      return value === null ? null : { __type: `Money:${CONTRACTS}`, Value: value };
    case 'Picklist':
    case 'State':
    case 'Status':
      return value === null ? null : { __type: `OptionSetValue:${CONTRACTS}`, Value: value };
    default:
      return value;
  }
}
