/** The fields a person has: standard ones, and custom ones that were made through the API. */
import type { Journal } from '../../journal';
import { type Field, LENGTH } from './field';
import { STANDARD_FIELDS } from './standardFields';

export interface NewField extends Pick<Field, 'name' | 'displayName' | 'dataType'> {
  readonly description?: string;
  readonly isHidden?: boolean;
  readonly isHtmlEncodingInEmail?: boolean;
  readonly isSensitive?: boolean;
}

export interface Fields {
  get(name: string): Field | undefined;
  byId(id: number): Field | undefined;
  bySoapName(name: string): Field | undefined;
  /** All fields, standard ones first. */
  all(): readonly Field[];
  customCount(): number;
  create(field: NewField): Field;
  update(name: string, change: Partial<Omit<NewField, 'name' | 'dataType'>>): void;
}

const FIRST_CUSTOM_ID = 1001;
export function createFields(journal: Journal): Fields {
  const custom = journal.table<Field>('fields');
  const standard = new Map(STANDARD_FIELDS.map((field) => [field.name, field]));
  const all = (): readonly Field[] => [...STANDARD_FIELDS, ...custom.values()];
  return {
    get: (name) => standard.get(name) ?? custom.get(name),
    byId: (id) => all().find((field) => field.id === id),
    bySoapName: (name) => all().find((field) => field.soapName === name),
    all,
    customCount: () => custom.size,
    create(wanted) {
      const length = LENGTH[wanted.dataType];
      const field: Field = {
        id: FIRST_CUSTOM_ID + custom.size,
        soapName: wanted.name,
        ...(length !== undefined && { length }),
        readOnly: false,
        description: '',
        isHidden: false,
        isHtmlEncodingInEmail: true,
        isSensitive: false,
        ...wanted,
        isCustom: true,
        isApiCreated: true,
      };
      custom.set(field.name, field);
      return field;
    },
    update(name, change) {
      const field = custom.get(name);
      if (field !== undefined) custom.set(name, { ...field, ...change });
    },
  };
}
