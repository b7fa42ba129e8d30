/** What a user may do: with tables, and with secured columns. */
import { BUSINESS_UNIT_ID, SYNC_USER_ID } from '../directory';
import { type Answer, type Call, json } from '../http/call';
import type { Table } from '../metadata/model';
import type { Organization } from '../organization';
import { existing } from '../rows/endpoints';
import type { RowKey } from '../rows/rowKey';
import { privilegeId, privilegeName, privilegeTypesOf } from '../security/privileges';
import type { User } from '../security/user';

/** Privileges that the user does not hold are left out. */
export function retrieveUserPrivileges(call: Call, table: Table, key: RowKey, organization: Organization): Answer {
  const user = userOf(existing(table, key).id);
  const privileges = [...organization.model.tables.values()].flatMap((one) =>
    privilegeTypesOf(one).map((type) => ({
      Depth: organization.privileges.depth(user, one.name, type),
      PrivilegeId: privilegeId(one, type),
      BusinessUnitId: BUSINESS_UNIT_ID,
      PrivilegeName: privilegeName(one, type),
    })),
  );
  return json({
    '@odata.context': `${call.baseUrl}/$metadata#Microsoft.Dynamics.CRM.RetrieveUserPrivilegesResponse`,
    RolePrivileges: privileges.filter(({ Depth }) => Depth !== 'None'),
  });
}

const ALLOWED = 4;
const NOT_ALLOWED = 0;

/** Secured columns only; a column is named by the id of its metadata. */
export function retrievePrincipalAttributePrivileges(call: Call, table: Table, key: RowKey, organization: Organization): Answer {
  const user = userOf(existing(table, key).id);
  const { columnSecurity, model } = organization;
  const columns = [...model.tables.values()].flatMap((one) => [...one.columns.values()]);
  const level = (isAllowed: boolean): number => (isAllowed ? ALLOWED : NOT_ALLOWED);
  return json({
    '@odata.context': `${call.baseUrl}/$metadata#Microsoft.Dynamics.CRM.RetrievePrincipalAttributePrivilegesResponse`,
    AttributePrivileges: columns
      .filter((column) => columnSecurity.isSecured(column))
      .map((column) => ({
        AttributeId: column.metadataId,
        CanRead: level(columnSecurity.canRead(user, column)),
        CanCreate: level(columnSecurity.canWrite(user, column)),
        CanUpdate: level(columnSecurity.canWrite(user, column)),
      })),
  });
}

const userOf = (id: string): User => ({ id, clientId: '', isSync: id === SYNC_USER_ID });
