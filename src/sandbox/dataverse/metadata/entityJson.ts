/** A table as `EntityMetadata`, and what can be expanded of it. */
import type { Organization } from '../organization';
import { privilegeId, privilegeName, privilegeTypesOf } from '../security/privileges';
import type { Json } from './attributeJson';
import { guidOf } from './ids';
import { labelOf, managed } from './labels';
import { type Column, isLookup, type Table, type Target } from './model';

export function entityJson(table: Table, organization: Organization): Json {
  return {
    MetadataId: table.metadataId,
    HasChanged: null,
    LogicalName: table.name,
    SchemaName: table.schemaName,
    EntitySetName: table.entitySet,
    LogicalCollectionName: table.entitySet,
    CollectionSchemaName: `${table.schemaName}s`,
    ObjectTypeCode: table.objectTypeCode,
    PrimaryIdAttribute: table.primaryId,
    PrimaryNameAttribute: table.primaryName ?? null,
    OwnershipType: table.ownership,
    DisplayName: labelOf(table.label),
    DisplayCollectionName: labelOf(table.pluralLabel),
    Description: labelOf(''),
    ChangeTrackingEnabled: organization.tracking.isEnabled(table),
    CanChangeTrackingBeEnabled: managed(true, 'canchangetrackingbeenabled'),
    IsOptimisticConcurrencyEnabled: table.optimisticConcurrency,
    IsActivity: false,
    IsCustomEntity: false,
    IsIntersect: false,
    IsManaged: true,
    IsPrivate: false,
    IsValidForAdvancedFind: true,
    TableType: 'Standard',
    Privileges: privilegeTypesOf(table).map((type) => ({
      Name: privilegeName(table, type),
      PrivilegeId: privilegeId(table, type),
      PrivilegeType: type,
      CanBeBasic: table.ownership === 'UserOwned',
      CanBeLocal: table.ownership !== 'OrganizationOwned',
      CanBeDeep: table.ownership !== 'OrganizationOwned',
      CanBeGlobal: true,
      CanBeEntityReference: false,
      CanBeParentEntityReference: false,
    })),
  };
}

export const keyJsons = (table: Table): Json[] =>
  table.keys.map((key) => ({
    MetadataId: guidOf('key', table.name, key.name),
    LogicalName: key.name,
    SchemaName: key.name,
    DisplayName: labelOf(key.label),
    EntityLogicalName: table.name,
    KeyAttributes: key.columns,
    EntityKeyIndexStatus: 'Active',
    IsManaged: false,
  }));

/** The relationships of the table's own lookups. */
export const manyToOneJsons = (table: Table): Json[] =>
  [...table.columns.values()]
    .filter((column) => isLookup(column))
    .flatMap((column) =>
      column.targets.filter(({ navigation }) => navigation !== '').map((target) => relationshipJson(column, target)),
    );

/** The relationships of other tables' lookups that point here. */
export const oneToManyJsons = (table: Table): Json[] =>
  [...table.collections.values()].flatMap(({ column }) =>
    column.targets.filter((target) => target.table === table.name).map((target) => relationshipJson(column, target)),
  );

const relationshipJson = (column: Column, target: Target): Json => ({
  MetadataId: guidOf('relationship', column.table, column.name, target.table),
  SchemaName: target.relationship,
  RelationshipType: 'OneToManyRelationship',
  IsCustomRelationship: false,
  IsManaged: true,
  ReferencingAttribute: column.name,
  ReferencingEntity: column.table,
  ReferencingEntityNavigationPropertyName: target.navigation,
  ReferencedAttribute: `${target.table}id`,
  ReferencedEntity: target.table,
  ReferencedEntityNavigationPropertyName: target.relationship,
});
