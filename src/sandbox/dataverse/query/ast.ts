/** A `$filter` that has been read, before it is known what it is about. */

export type Literal =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  /** Lower case. */
  | { readonly kind: 'guid'; readonly value: string }
  /** `2024-01-31` */
  | { readonly kind: 'date'; readonly value: string }
  /** `2024-01-31T08:00:00Z` */
  | { readonly kind: 'time'; readonly value: string }
  /** `Microsoft.Dynamics.CRM.AttributeTypeCode'String'`; the member's name. */
  | { readonly kind: 'enum'; readonly value: string };

export type Comparator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
export type TextFunction = 'contains' | 'startswith' | 'endswith';

/** `parentcustomerid_account/name` */
export type Path = readonly string[];

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  | { readonly kind: 'compare'; readonly path: Path; readonly comparator: Comparator; readonly literal: Literal }
  | { readonly kind: 'text'; readonly function: TextFunction; readonly path: Path; readonly text: string }
  /** A query function of Dataverse's own, such as `Microsoft.Dynamics.CRM.In(PropertyName='contactid',PropertyValues=['...'])`. */
  | { readonly kind: 'crm'; readonly function: string; readonly property: string; readonly values: readonly string[] };
