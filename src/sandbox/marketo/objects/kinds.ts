/** What tells the kinds of objects apart; companies and sales persons. */
import type { Instance } from '../instance';
import type { DataType } from '../schema/field';
import type { Value } from '../schema/values';
import { guidOf, idOfGuid } from './guid';
import type { Objects, StoredObject } from './store';

export interface ObjectField {
  readonly name: string;
  readonly displayName: string;
  readonly dataType: DataType;
  readonly length?: number;
  readonly updateable: boolean;
}

/** The link of a kind to people or companies, as Describe tells it. */
export interface Relationship {
  readonly field: string;
  readonly type: 'parent';
  readonly relatedTo: { readonly name: string; readonly field: string };
}

export type ObjectValues = Readonly<Record<string, Value>>;

export interface ObjectKind {
  readonly name: string;
  readonly displayName: string;
  readonly pluralName: string;
  readonly description: string;
  readonly idField: 'id' | 'marketoGUID';
  /** The field its maker knows an object by, or the fields that are its key together. */
  readonly dedupeFields: readonly string[];
  /** By what it is found; several fields are a key that is asked for in JSON. */
  readonly searchable: readonly (readonly string[])[];
  readonly relationships?: readonly Relationship[];
  /** What is left of it with a native CRM sync, whose objects these then are. */
  readonly underCrm: 'open' | 'readOnly' | 'closed';
  objects(instance: Instance): Objects;
  fields(instance: Instance): readonly ObjectField[];
  /** Throws the error for which a whole request is refused, before anything of it is done. */
  refuse?(instance: Instance, input: Readonly<Record<string, unknown>>): void;
  /** Throws what such values are skipped for. */
  check?(instance: Instance, values: ObjectValues): void;
  onCreated?(instance: Instance, object: StoredObject): void;
  onRemoved?(instance: Instance, object: StoredObject): void;
  /** Whether something is linked to it that keeps it from being deleted. */
  isUsed?(instance: Instance, object: StoredObject): boolean;
}

export const field = (
  name: string,
  displayName: string,
  dataType: DataType,
  updateable = true,
  length?: number,
): ObjectField => ({ name, displayName, dataType, ...(length !== undefined && { length }), updateable });

/** What an object is known to clients by. */
export const idOf = (kind: ObjectKind, { id }: StoredObject): number | string =>
  kind.idField === 'id' ? id : guidOf(kind.name, id);

/** The number of the object that a client means. */
export const numberOf = (kind: ObjectKind, given: unknown): number | undefined =>
  kind.idField === 'id' ? Number(given) : idOfGuid(kind.name, String(given));

const ID = field('id', 'Marketo Id', 'integer', false);
export const MARKETO_GUID = field('marketoGUID', 'Marketo GUID', 'string', false, 36);
export const STAMPS = [field('createdAt', 'Created At', 'datetime', false), field('updatedAt', 'Updated At', 'datetime', false)];

export const COMPANY: ObjectKind = {
  name: 'Company',
  displayName: 'API Company',
  pluralName: 'API Company',
  description: 'API Company',
  idField: 'id',
  dedupeFields: ['externalCompanyId'],
  searchable: [['externalCompanyId'], ['id'], ['company']],
  underCrm: 'readOnly',
  objects: (instance) => instance.companies,
  fields: (instance) => {
    const shared = instance.fields.all().filter(({ ofCompany, name }) => ofCompany || name === 'externalCompanyId');
    return [
      ID,
      ...shared.map(({ name, displayName, dataType, length }) => field(name, displayName, dataType, true, length)),
      ...STAMPS,
    ];
  },
  isUsed: (instance, { id }) => {
    for (const lead of instance.leads.all()) if (lead.companyId === id) return true;
    return false;
  },
};

const SALES_PERSON_FIELDS = [
  ID,
  field('externalSalesPersonId', 'External Sales Person Id', 'string', true, 100),
  field('email', 'Email Address', 'email', true, 255),
  field('firstName', 'First Name', 'string', true, 255),
  field('lastName', 'Last Name', 'string', true, 255),
  field('title', 'Job Title', 'string', true, 255),
  field('phone', 'Phone Number', 'phone', true, 255),
  field('mobilePhone', 'Mobile Phone Number', 'phone', true, 255),
  field('fax', 'Fax Number', 'phone', true, 255),
  ...STAMPS,
];

export const SALES_PERSON: ObjectKind = {
  name: 'SalesPerson',
  displayName: 'API Sales Person',
  pluralName: 'API Sales Person',
  description: 'API Sales Person',
  idField: 'id',
  dedupeFields: ['externalSalesPersonId'],
  searchable: [['externalSalesPersonId'], ['id'], ['email']],
  underCrm: 'readOnly',
  objects: (instance) => instance.salesPersons,
  fields: () => SALES_PERSON_FIELDS,
  isUsed: (instance, { externalId }) => instance.leads.find('externalSalesPersonId', externalId).length > 0,
};
