/** Column metadata: how it is asked for, and what it says about each column, permissions left out. */
import type { FieldSchema, OptionLabel, Table } from '../core/types';
import { isObject, type Json, objectsIn, textOf } from './json';

/** What metadata says about a column. Whether the sync user may use it is decided in `access.ts`. */
export interface Attribute {
  readonly metadataId: string;
  readonly secured: boolean;
  readonly valid: { readonly read: boolean; readonly create: boolean; readonly update: boolean };
  readonly field: Omit<FieldSchema, 'readable' | 'creatable' | 'updatable'>;
}

/** Properties that only some kinds of column have need one request per kind: a cast. */
const CASTS: readonly (readonly [type: string, query: string])[] = [
  ['String', '$select=LogicalName,MaxLength'],
  ['Memo', '$select=LogicalName,MaxLength'],
  ['Integer', '$select=LogicalName,MinValue,MaxValue'],
  ['Decimal', '$select=LogicalName,MinValue,MaxValue,Precision'],
  ['Double', '$select=LogicalName,MinValue,MaxValue,Precision'],
  ['Money', '$select=LogicalName,MinValue,MaxValue,Precision'],
  ['DateTime', '$select=LogicalName,Format,DateTimeBehavior'],
  ['Picklist', '$select=LogicalName,DefaultFormValue&$expand=OptionSet,GlobalOptionSet'],
  ['MultiSelectPicklist', '$select=LogicalName&$expand=OptionSet,GlobalOptionSet'],
  ['State', '$select=LogicalName&$expand=OptionSet'],
  ['Status', '$select=LogicalName&$expand=OptionSet'],
];

const entityPath = (table: Table): string => `EntityDefinitions(LogicalName='${table}')`;

const TABLE_QUERY =
  '$select=LogicalName,ChangeTrackingEnabled,IsOptimisticConcurrencyEnabled,Privileges' +
  '&$expand=Attributes($select=MetadataId,LogicalName,DisplayName,AttributeType,AttributeTypeName,AttributeOf,' +
  'IsValidForRead,IsValidForCreate,IsValidForUpdate,RequiredLevel,IsSecured)';

/** The paths to read for one table: the table itself first, then its columns by kind. */
export function metadataPaths(table: Table): readonly string[] {
  const path = entityPath(table);
  const casts = CASTS.map(([type, query]) => `${path}/Attributes/Microsoft.Dynamics.CRM.${type}AttributeMetadata?${query}`);
  return [`${path}?${TABLE_QUERY}`, ...casts];
}

/** Joins the table's columns with what the casts say about them. Helper columns of others and virtual columns are left out. */
export function readAttributes(table: Json, casts: readonly Json[], languageCode: number | undefined): Attribute[] {
  const details = new Map<unknown, Json>();
  for (const cast of casts.flatMap((answer) => objectsIn(answer.value)))
    details.set(cast.LogicalName, { ...details.get(cast.LogicalName), ...cast });
  return objectsIn(table.Attributes).flatMap((attribute) => {
    const name = attribute.LogicalName;
    const type = vendorType(attribute);
    if (typeof name !== 'string' || type === 'Virtual' || (attribute.AttributeOf ?? null) !== null) return [];
    return [
      {
        metadataId: textOf(attribute.MetadataId).toLowerCase(),
        secured: attribute.IsSecured === true,
        valid: {
          read: attribute.IsValidForRead === true,
          create: attribute.IsValidForCreate === true,
          update: attribute.IsValidForUpdate === true,
        },
        field: {
          name,
          label: labelOf(attribute.DisplayName, languageCode) ?? name,
          vendorType: type,
          required: requiredOf(attribute.RequiredLevel),
          ...limitsOf(type, details.get(name) ?? {}, languageCode),
          ...(hasDefault(type, details.get(name) ?? {}) ? { hasDefault: true } : {}),
        },
      },
    ];
  });
}

/** Multi-select choices call themselves virtual, as images and the like do; only the type name tells them apart. */
function vendorType(attribute: Json): string {
  const typeName = isObject(attribute.AttributeTypeName) ? attribute.AttributeTypeName.Value : undefined;
  return typeName === 'MultiSelectPicklistType' ? 'MultiSelectPicklist' : textOf(attribute.AttributeType);
}

/** Two options always have a default; an option set may have one, and -1 says that it has none. */
function hasDefault(type: string, { DefaultFormValue: option }: Json): boolean {
  return type === 'Boolean' || (type === 'Picklist' && typeof option === 'number' && option !== -1);
}

type Limits = Pick<FieldSchema, 'maxLength' | 'minValue' | 'maxValue' | 'precision' | 'options' | 'dateOnly'>;

function limitsOf(type: string, detail: Json, languageCode: number | undefined): Limits {
  const options = optionsOf(detail, languageCode);
  return {
    ...(typeof detail.MaxLength === 'number' ? { maxLength: detail.MaxLength } : {}),
    ...(typeof detail.MinValue === 'number' ? { minValue: detail.MinValue } : {}),
    ...(typeof detail.MaxValue === 'number' ? { maxValue: detail.MaxValue } : {}),
    ...(typeof detail.Precision === 'number' ? { precision: detail.Precision } : {}),
    ...(type === 'DateTime' ? { dateOnly: isDateOnly(detail) } : {}),
    ...(options === undefined ? {} : { options }),
  };
}

/** The behaviour decides what travels; a column that only *shows* no time (`Format`) still holds one and would shift across time zones. */
function isDateOnly(detail: Json): boolean {
  const behaviour = isObject(detail.DateTimeBehavior) ? detail.DateTimeBehavior.Value : undefined;
  return behaviour === undefined ? detail.Format === 'DateOnly' : behaviour === 'DateOnly';
}

function optionsOf(detail: Json, languageCode: number | undefined): OptionLabel[] | undefined {
  const set = [detail.OptionSet, detail.GlobalOptionSet].find(
    (candidate) => isObject(candidate) && Array.isArray(candidate.Options),
  );
  if (!isObject(set)) return undefined;
  return objectsIn(set.Options).flatMap((option) =>
    typeof option.Value === 'number'
      ? [
          {
            value: option.Value,
            label: labelOf(option.Label, languageCode) ?? String(option.Value),
            ...inAllLanguages(option.Label),
          },
        ]
      : [],
  );
}

function inAllLanguages(label: unknown): Pick<OptionLabel, 'labels'> {
  const localized = isObject(label) ? objectsIn(label.LocalizedLabels) : [];
  if (localized.length < 2) return {};
  return { labels: Object.fromEntries(localized.map((one) => [String(one.LanguageCode), textOf(one.Label)])) };
}

/** The environment's base language where it is given, so that labels do not depend on who asks. */
function labelOf(label: unknown, languageCode: number | undefined): string | undefined {
  if (!isObject(label)) return undefined;
  const localized = objectsIn(label.LocalizedLabels);
  const inBase = localized.find((candidate) => candidate.LanguageCode === languageCode);
  const chosen = [inBase, label.UserLocalizedLabel, localized[0]].find((candidate) => isObject(candidate));
  return isObject(chosen) && typeof chosen.Label === 'string' ? chosen.Label : undefined;
}

const REQUIRED: Readonly<Record<string, FieldSchema['required']>> = {
  SystemRequired: 'system',
  ApplicationRequired: 'application',
  Recommended: 'recommended',
};

function requiredOf(level: unknown): FieldSchema['required'] {
  return REQUIRED[String(isObject(level) ? level.Value : level)] ?? 'none';
}
