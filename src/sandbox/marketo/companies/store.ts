/** Companies that were made through the API; people belong to one by its `externalCompanyId`. */
import type { Journal, JournalTable } from '../../journal';
import type { Value } from '../schema/values';

export interface Company {
  readonly id: number;
  readonly externalCompanyId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** By the REST names of the company fields. */
  readonly values: Readonly<Record<string, Value>>;
}

export interface Companies {
  get(id: number | undefined): Company | undefined;
  byExternalId(externalId: string): Company | undefined;
  all(): Iterable<Company>;
  nextId(): number;
  put(company: Company): void;
  remove(id: number): void;
}

export function createCompanies(journal: Journal): Companies {
  const table: JournalTable<Company> = journal.table('companies');
  const counter = journal.table<number>('counters');
  const idOf = new Map([...table.values()].map((company) => [company.externalCompanyId, company.id]));
  const get = (id: number | undefined): Company | undefined => (id === undefined ? undefined : table.get(String(id)));
  return {
    get,
    byExternalId: (externalId) => get(idOf.get(externalId)),
    all: () => table.values(),
    nextId() {
      const id = (counter.get('company') ?? 0) + 1;
      counter.set('company', id);
      return id;
    },
    put(company) {
      idOf.set(company.externalCompanyId, company.id);
      table.set(String(company.id), company);
    },
    remove(id) {
      const company = get(id);
      if (company !== undefined) idOf.delete(company.externalCompanyId);
      table.delete(String(id));
    },
  };
}
