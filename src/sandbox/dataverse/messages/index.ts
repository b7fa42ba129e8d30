/** Functions and actions, by name. */
import type { Answer, Call } from '../http/call';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import type { RowKey } from '../rows/rowKey';
import { createMultiple, updateMultiple, upsertMultiple } from './bulk';
import { merge } from './merge';
import { qualifyLead } from './qualifyLead';
import { retrievePrincipalAttributePrivileges, retrieveUserPrivileges } from './privileges';
import { whoAmI } from './whoAmI';

export const unboundMessages: ReadonlyMap<string, (call: Call, organization: Organization) => Answer> = new Map([
  ['WhoAmI', whoAmI],
  ['Merge', merge],
]);

/** Of an entity set. */
export const collectionMessages: ReadonlyMap<string, (call: Call, table: Table, organization: Organization) => Answer> = new Map([
  ['CreateMultiple', createMultiple],
  ['UpdateMultiple', updateMultiple],
  ['UpsertMultiple', upsertMultiple],
]);

type BoundMessage = (call: Call, table: Table, key: RowKey, organization: Organization) => Answer;

/** Of a row: `<table>.<message>`. */
export const boundMessages: ReadonlyMap<string, BoundMessage> = new Map<string, BoundMessage>([
  ['systemuser.RetrieveUserPrivileges', retrieveUserPrivileges],
  ['systemuser.RetrievePrincipalAttributePrivileges', retrievePrincipalAttributePrivileges],
  ['team.RetrievePrincipalAttributePrivileges', retrievePrincipalAttributePrivileges],
  ['lead.QualifyLead', qualifyLead],
]);
