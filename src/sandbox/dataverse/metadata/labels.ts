/** Labels as metadata carries them: once per language, and once in the caller's. */
import { LANGUAGE_CODE } from '../directory';
import { guidOf } from './ids';

export function labelOf(text: string): object {
  const label = {
    Label: text,
    LanguageCode: LANGUAGE_CODE,
    IsManaged: true,
    MetadataId: guidOf('label', text),
    HasChanged: null,
  };
  return { LocalizedLabels: [label], UserLocalizedLabel: label };
}

/** A value that a solution's publisher may have fixed. */
export const managed = (value: unknown, property: string): object => ({
  Value: value,
  CanBeChanged: true,
  ManagedPropertyLogicalName: property,
});
