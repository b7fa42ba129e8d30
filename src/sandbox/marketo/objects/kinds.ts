/** What tells companies and sales persons apart. */
import type { Instance } from '../instance';
import type { DataType } from '../schema/field';
import type { Objects, StoredObject } from './store';

export interface ObjectField {
  readonly name: string;
  readonly displayName: string;
  readonly dataType: DataType;
  readonly length?: number;
  readonly updateable: boolean;
}

export interface ObjectKind {
  /** In paths. */
  readonly path: 'companies' | 'salespersons';
  readonly name: string;
  readonly description: string;
  /** The field its maker knows an object by. */
  readonly key: 'externalCompanyId' | 'externalSalesPersonId';
  readonly searchable: readonly string[];
  objects(instance: Instance): Objects;
  fields(instance: Instance): readonly ObjectField[];
  /** Whether a person is linked to it: then it cannot be deleted. */
  isUsed(instance: Instance, object: StoredObject): boolean;
}

const field = (name: string, displayName: string, dataType: DataType, updateable = true, length?: number): ObjectField => ({
  name,
  displayName,
  dataType,
  ...(length !== undefined && { length }),
  updateable,
});

const ID = field('id', 'Marketo Id', 'integer', false);
const STAMPS = [field('createdAt', 'Created At', 'datetime', false), field('updatedAt', 'Updated At', 'datetime', false)];

export const COMPANY: ObjectKind = {
  path: 'companies',
  name: 'Company',
  description: 'API Company',
  key: 'externalCompanyId',
  searchable: ['externalCompanyId', 'id', 'company'],
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
  path: 'salespersons',
  name: 'SalesPerson',
  description: 'API Sales Person',
  key: 'externalSalesPersonId',
  searchable: ['externalSalesPersonId', 'id', 'email'],
  objects: (instance) => instance.salesPersons,
  fields: () => SALES_PERSON_FIELDS,
  isUsed: (instance, { externalId }) => instance.leads.find('externalSalesPersonId', externalId).length > 0,
};
