/** Custom activity types: made as a draft, usable once approved, changed through a new draft. */
import type { SandboxClock } from '../../clock';
import type { Journal } from '../../journal';
import type { ActivityType } from './standardTypes';

export const ATTRIBUTE_TYPES = [
  'string',
  'boolean',
  'integer',
  'float',
  'link',
  'email',
  'currency',
  'date',
  'datetime',
  'phone',
  'text',
] as const;

export interface CustomAttribute {
  readonly apiName: string;
  readonly name: string;
  readonly dataType: (typeof ATTRIBUTE_TYPES)[number];
  readonly description?: string;
}

/** What a draft and an approved version have in common. */
export interface Version {
  readonly name: string;
  readonly triggerName: string;
  readonly filterName: string;
  readonly description?: string;
  readonly primaryAttribute: CustomAttribute;
  readonly attributes: readonly CustomAttribute[];
}

/** At least one of `approved` and `draft` is there. */
export interface CustomType {
  readonly id: number;
  readonly apiName: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly approved?: Version;
  readonly draft?: Version;
}

export interface CustomTypes {
  get(apiName: string): CustomType | undefined;
  /** The approved version of a type with that id. */
  approvedById(id: number): Version | undefined;
  all(): readonly CustomType[];
  create(apiName: string, draft: Version): CustomType;
  put(type: CustomType): CustomType;
  remove(apiName: string): void;
}

const FIRST_ID = 100_001;

export function createCustomTypes(journal: Journal, clock: SandboxClock): CustomTypes {
  const table = journal.table<CustomType>('activityTypes');
  const counter = journal.table<number>('counters');
  const put = (type: CustomType): CustomType => {
    const stored = { ...type, updatedAt: clock.now().getTime() };
    table.set(type.apiName, stored);
    return stored;
  };
  return {
    get: (apiName) => table.get(apiName),
    approvedById: (id) => [...table.values()].find((type) => type.id === id)?.approved,
    all: () => [...table.values()],
    create(apiName, draft) {
      const id = counter.get('activityType') ?? FIRST_ID;
      counter.set('activityType', id + 1);
      const now = clock.now().getTime();
      return put({ id, apiName, createdAt: now, updatedAt: now, draft });
    },
    put,
    remove: (apiName) => void table.delete(apiName),
  };
}

/** An approved type as Get Activity Types lists it. */
export function asActivityType(
  type: CustomType,
  { name, description = '', primaryAttribute, attributes }: Version,
): ActivityType {
  const shown = (attribute: CustomAttribute): ActivityType['attributes'][number] => ({
    name: attribute.name,
    apiName: attribute.apiName,
    dataType: attribute.dataType,
  });
  return {
    id: type.id,
    name,
    description,
    apiName: type.apiName,
    primaryAttribute: shown(primaryAttribute),
    attributes: attributes.map(shown),
  };
}
