/** What is known of one person field. */

/** The types a field can be created with. */
export const CREATABLE_TYPES = [
  'boolean',
  'currency',
  'date',
  'datetime',
  'email',
  'float',
  'integer',
  'percent',
  'phone',
  'score',
  'string',
  'url',
] as const;
export type DataType = (typeof CREATABLE_TYPES)[number] | 'text' | 'reference';

export interface Field {
  /** The link from an activity's `primaryAttributeValueId` to the field. */
  readonly id: number;
  /** REST name. */
  readonly name: string;
  readonly soapName: string;
  readonly displayName: string;
  readonly dataType: DataType;
  readonly length?: number;
  readonly readOnly: boolean;
  /** A standard field that may be a `lookupField` or `filterType`. */
  readonly lookup?: boolean;
  /** A field of the company that stands among those of its people. */
  readonly ofCompany?: boolean;
  readonly description: string;
  readonly isHidden: boolean;
  readonly isHtmlEncodingInEmail: boolean;
  readonly isSensitive: boolean;
  readonly isCustom: boolean;
  readonly isApiCreated: boolean;
}

/** The usual length of a type, for those that have one. */
export const LENGTH: Readonly<Partial<Record<DataType, number>>> = {
  string: 255,
  email: 255,
  phone: 255,
  url: 255,
  text: 30_000,
};

/** The types of custom fields by which people can be looked up. */
const LOOKUP_TYPES: readonly DataType[] = ['string', 'email', 'integer'];

/** Whether people can be looked up by the field. */
export const isLookup = (field: Field): boolean => field.lookup ?? (field.isCustom && LOOKUP_TYPES.includes(field.dataType));
