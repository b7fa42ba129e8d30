/** Sales persons: owners of people, linked by `externalSalesPersonId`. */
import type { Journal } from '../../journal';
import type { Value } from '../schema/values';

export interface SalesPerson {
  readonly id: number;
  readonly externalSalesPersonId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly values: Readonly<Record<string, Value>>;
}

export interface SalesPersons {
  get(id: number): SalesPerson | undefined;
  byExternalId(externalId: string): SalesPerson | undefined;
  all(): Iterable<SalesPerson>;
  nextId(): number;
  put(person: SalesPerson): void;
  remove(id: number): void;
}

export function createSalesPersons(journal: Journal): SalesPersons {
  const table = journal.table<SalesPerson>('salesPersons');
  const counter = journal.table<number>('counters');
  return {
    get: (id) => table.get(String(id)),
    // Few of them exist, unlike companies.
    byExternalId: (externalId) => [...table.values()].find((person) => person.externalSalesPersonId === externalId),
    all: () => table.values(),
    nextId() {
      const id = (counter.get('salesPerson') ?? 0) + 1;
      counter.set('salesPerson', id);
      return id;
    },
    put: (person) => void table.set(String(person.id), person),
    remove: (id) => void table.delete(String(id)),
  };
}
