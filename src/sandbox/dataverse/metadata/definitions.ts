/** `EntityDefinitions`: tables, columns, the properties that only a cast shows, and privileges. */
import { unknownSegment } from '../errors';
import type { Instance } from '../instance';
import { type Column, metadataIdOf, type Option, type Table, tables } from './model';

type Json = Record<string, unknown>;

const label = (text: string): Json => {
  const localized = {
    Label: text,
    LanguageCode: 1033,
    IsManaged: true,
    MetadataId: metadataIdOf(`label ${text}`),
    HasChanged: null,
  };
  return { LocalizedLabels: [localized], UserLocalizedLabel: localized };
};

export const PRIVILEGE_TYPES = ['Create', 'Read', 'Write', 'Delete', 'Assign', 'Share', 'Append', 'AppendTo'] as const;
export const privilegeName = (type: string, table: Table): string => `prv${type}${table.label.replace(/\W/g, '')}`;
export const privilegeId = (type: string, table: Table): string => metadataIdOf(privilegeName(type, table));

/** Everything under `EntityDefinitions(LogicalName='contact')`, or the whole list. */
export function definitions(instance: Instance, path: string, root: string): Json {
  const [, key, rest = ''] = /^EntityDefinitions(?:\((.+?)\))?(?:\/(.*))?$/.exec(path) ?? [];
  if (key === undefined)
    return {
      '@odata.context': `${root}$metadata#EntityDefinitions`,
      value: [...tables.values()].map((table) => definitionOf(instance, table)),
    };
  const name = /'([^']+)'/.exec(key)?.[1];
  const table = [...tables.values()].find((one) => one.name === name || one.metadataId === key.toLowerCase());
  if (table === undefined) throw unknownSegment(path);
  if (rest === '') return { '@odata.context': `${root}$metadata#EntityDefinitions/$entity`, ...definitionOf(instance, table) };
  const cast = /^Attributes(?:\/Microsoft\.Dynamics\.CRM\.(\w+?)AttributeMetadata)?$/.exec(rest);
  if (cast !== null) {
    const wanted = [...table.columns.values()].filter((column) => cast[1] === undefined || column.type === cast[1]);
    return {
      '@odata.context': `${root}$metadata#EntityDefinitions('${table.name}')/Attributes`,
      value: wanted.map((column) => attributeOf(instance, table, column)),
    };
  }
  if (rest === 'Keys') return { value: [] };
  if (rest === 'ManyToOneRelationships')
    return {
      value: [...table.columns.values()].flatMap((column) =>
        column.targets.map((target) => ({
          ReferencingAttribute: column.name,
          ReferencingEntity: table.name,
          ReferencedEntity: target,
          ReferencingEntityNavigationPropertyName: column.type === 'Customer' ? `${column.name}_${target}` : column.name,
        })),
      ),
    };
  throw unknownSegment(rest);
}

function definitionOf(instance: Instance, table: Table): Json {
  return {
    MetadataId: table.metadataId,
    LogicalName: table.name,
    EntitySetName: table.setName,
    LogicalCollectionName: table.setName,
    ObjectTypeCode: table.typeCode,
    PrimaryIdAttribute: table.idColumn,
    PrimaryNameAttribute: table.columns.has('fullname') ? 'fullname' : 'name',
    DisplayName: label(table.label),
    ChangeTrackingEnabled: ['contact', 'lead', 'account', 'systemuser'].includes(table.name),
    CanChangeTrackingBeEnabled: { Value: true, CanBeChanged: true, ManagedPropertyLogicalName: 'canchangetrackingbeenabled' },
    IsOptimisticConcurrencyEnabled: true,
    Privileges: PRIVILEGE_TYPES.map((type) => ({
      CanBeBasic: true,
      CanBeDeep: true,
      CanBeGlobal: true,
      CanBeLocal: true,
      Name: privilegeName(type, table),
      PrivilegeId: privilegeId(type, table),
      PrivilegeType: type,
    })),
    Attributes: [...table.columns.values()].map((column) => attributeOf(instance, table, column)),
  };
}

function attributeOf({ security }: Instance, table: Table, column: Column): Json {
  const secured = security.columns().some((one) => one.table === table.name && one.column === column.name);
  return {
    '@odata.type': `#Microsoft.Dynamics.CRM.${column.type}AttributeMetadata`,
    MetadataId: column.metadataId,
    LogicalName: column.name,
    SchemaName: column.name,
    EntityLogicalName: table.name,
    DisplayName: label(column.label),
    AttributeType: column.type,
    AttributeTypeName: { Value: `${column.type}Type` },
    AttributeOf: null,
    IsValidForRead: column.read,
    IsValidForCreate: column.create,
    IsValidForUpdate: column.update,
    RequiredLevel: {
      Value: column.required,
      CanBeChanged: true,
      ManagedPropertyLogicalName: 'canmodifyrequirementlevelsettings',
    },
    IsSecured: secured,
    CanBeSecuredForRead: true,
    CanBeSecuredForCreate: true,
    CanBeSecuredForUpdate: true,
    ...limitsOf(column),
  };
}

function limitsOf(column: Column): Json {
  switch (column.type) {
    case 'String':
    case 'Memo':
      return { MaxLength: column.maxLength, FormatName: { Value: 'Text' } };
    case 'Integer':
      return { MinValue: column.min, MaxValue: column.max };
    case 'Decimal':
    case 'Double':
    case 'Money':
      return { MinValue: column.min, MaxValue: column.max, Precision: column.precision };
    case 'DateTime':
      return {
        Format: column.dateOnly ? 'DateOnly' : 'DateAndTime',
        DateTimeBehavior: { Value: column.dateOnly ? 'DateOnly' : 'UserLocal' },
      };
    case 'Picklist':
    case 'State':
    case 'Status':
      return { OptionSet: { Options: column.options.map(optionOf) }, GlobalOptionSet: null };
    case 'Boolean':
      return {
        OptionSet: { TrueOption: optionOf({ value: 1, label: 'Yes' }), FalseOption: optionOf({ value: 0, label: 'No' }) },
      };
    default:
      return column.targets.length > 0 ? { Targets: column.targets } : {};
  }
}

const optionOf = ({ value, label: text, state }: Option): Json => ({
  Value: value,
  Label: label(text),
  ...(state === undefined ? {} : { State: state }),
});
