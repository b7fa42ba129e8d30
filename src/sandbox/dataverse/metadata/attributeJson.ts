/** A column as `AttributeMetadata`, and what its own type adds to that. */
import type { Organization } from '../organization';
import { labelOf, managed } from './labels';
import { type Column, isDateOnly } from './model';
import { optionSetOf } from './optionSetJson';

export type Json = Readonly<Record<string, unknown>>;

export interface AttributeJson {
  /** `StringAttributeMetadata` and so on: the name of the cast. */
  readonly type: string;
  /** What every attribute has. */
  readonly base: Json;
  /** What only attributes of this type have, and only a cast can select. */
  readonly own: Json;
  /** What is expanded, not selected. */
  readonly navigations: Json;
}

export function attributeJson(column: Column, organization: Organization): AttributeJson {
  const type = `${column.type === 'Customer' || column.type === 'Owner' ? 'Lookup' : column.type}AttributeMetadata`;
  return {
    type:
      type === 'VirtualAttributeMetadata'
        ? 'AttributeMetadata'
        : type.replace('UniqueidentifierAttribute', 'UniqueIdentifierAttribute'),
    base: baseOf(column, organization),
    own: ownOf(column),
    navigations: column.options.length === 0 ? {} : { OptionSet: optionSetOf(column), GlobalOptionSet: null },
  };
}

function baseOf(column: Column, { columnSecurity }: Organization): Json {
  const isCustom = column.name.includes('_') && column.name.startsWith('new_');
  return {
    MetadataId: column.metadataId,
    HasChanged: null,
    AttributeOf: column.attributeOf ?? null,
    AttributeType: column.type,
    AttributeTypeName: { Value: `${column.type}Type` },
    ColumnNumber: null,
    CanBeSecuredForCreate: column.securable.create,
    CanBeSecuredForRead: column.securable.read,
    CanBeSecuredForUpdate: column.securable.update,
    Description: labelOf(''),
    DisplayName: labelOf(column.label),
    EntityLogicalName: column.table,
    IsCustomAttribute: isCustom,
    IsLogical: column.attributeOf !== undefined,
    IsManaged: !isCustom,
    IsPrimaryId: column.name === `${column.table}id`,
    IsPrimaryName: false,
    IsSecured: columnSecurity.isSecured(column),
    IsValidForCreate: column.validFor.create,
    IsValidForRead: column.validFor.read,
    IsValidForUpdate: column.validFor.update,
    IsValidODataAttribute: column.attributeOf === undefined,
    LogicalName: column.name,
    RequiredLevel: managed(column.required, 'canmodifyrequirementlevelsettings'),
    SchemaName: column.schemaName,
  };
}

function ownOf(column: Column): Json {
  const { min, max } = column.range ?? {};
  switch (column.type) {
    case 'String':
    case 'Memo':
      return {
        MaxLength: column.maxLength ?? null,
        Format: column.format ?? 'Text',
        FormatName: { Value: column.format ?? 'Text' },
      };
    case 'Integer':
      return { MinValue: min ?? -2_147_483_648, MaxValue: max ?? 2_147_483_647, Format: column.format ?? 'None' };
    case 'BigInt':
      return { MinValue: min ?? null, MaxValue: max ?? null };
    case 'Decimal':
    case 'Double':
      return { MinValue: min ?? null, MaxValue: max ?? null, Precision: column.precision ?? 2 };
    case 'Money':
      return { MinValue: min ?? null, MaxValue: max ?? null, Precision: column.precision ?? 2, PrecisionSource: 2 };
    case 'DateTime': {
      const format = isDateOnly(column) ? 'DateOnly' : (column.format ?? 'DateAndTime');
      return {
        Format: format,
        DateTimeBehavior: { Value: column.behavior ?? 'UserLocal' },
        MinSupportedValue: '1753-01-01T00:00:00Z',
      };
    }
    case 'Customer':
    case 'Lookup':
    case 'Owner':
      return { Targets: [...new Set(column.targets.map(({ table }) => table))], Format: 'None' };
    case 'Boolean':
    case 'Picklist':
      return {
        DefaultValue: column.defaultValue ?? (column.type === 'Boolean' ? false : null),
        DefaultFormValue: column.defaultValue ?? -1,
      };
    case 'State':
    case 'Status':
      return { DefaultFormValue: null };
    default:
      return {};
  }
}
