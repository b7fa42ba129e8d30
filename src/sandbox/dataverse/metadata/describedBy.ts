/** Columns that only describe another one: its label, its target's name, its image. */
import { guidOf } from './ids';
import { type Column, type ColumnType, isLookup } from './model';

const NAME_LENGTH = 100;
const URL_LENGTH = 200;
/** Tables whose names have a phonetic spelling beside them. */
const WITH_YOMI_NAMES = new Set(['account', 'contact', 'lead', 'systemuser']);

/** The columns Dataverse adds beside a choice or lookup, which carry its label or its target's name. */
export function describedBy(column: Column): Column[] {
  const stem = nameStemOf(column);
  const beside = (suffix: string, type: ColumnType): Column => ({
    ...column,
    name: (stem + suffix).toLowerCase(),
    schemaName: stem + suffix,
    metadataId: guidOf('column', column.table, (stem + suffix).toLowerCase()),
    type,
    attributeOf: column.name,
    validFor: { read: true, create: false, update: false },
    securable: { read: false, create: false, update: false },
    maxLength: type === 'String' ? NAME_LENGTH : undefined,
    targets: [],
    options: [],
    defaultValue: undefined,
  });
  // An owner's name says what these two would say.
  if (column.name === 'owninguser' || column.name === 'owningteam') return [];
  if (isLookup(column)) {
    const isOfSomebody = column.targets.some(({ table }) => WITH_YOMI_NAMES.has(table));
    return isOfSomebody ? [beside('Name', 'String'), beside('YomiName', 'String')] : [beside('Name', 'String')];
  }
  if (column.name === 'entityimageid') return imageParts(beside);
  return column.options.length > 0 ? [beside('Name', 'Virtual')] : [];
}

/** The image itself, when it last changed and where it can be got. */
function imageParts(beside: (suffix: string, type: ColumnType) => Column): Column[] {
  const image = { ...beside('', 'Virtual'), validFor: { read: true, create: true, update: true } };
  return [image, beside('_Timestamp', 'BigInt'), { ...beside('_URL', 'String'), maxLength: URL_LENGTH, format: 'Url' }];
}

/** What the columns beside one are called after: nearly always itself. */
function nameStemOf({ name, schemaName, table }: Column): string {
  switch (name) {
    case 'donotsendmm':
      return 'DoNotSendMarketingMaterial';
    case 'entityimageid':
      return 'EntityImage';
    case 'masterid':
      return `Master${table.charAt(0).toUpperCase()}${table.slice(1)}Id`;
    case 'slaid':
      return 'SLA';
    default:
      return schemaName;
  }
}
