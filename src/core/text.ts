/** Text as both sides mean it. */
import type { RawValue } from './types';

/** Unicode NFC, LF line ends, no space around; blank text is null. */
export function tidy(text: string): string | null {
  const tidied = text.replace(/\r\n?/g, '\n').trim().normalize('NFC');
  return tidied === '' ? null : tidied;
}

export const isBlank = (raw: RawValue): boolean => raw === null || (typeof raw === 'string' && tidy(raw) === null);

/** Control characters of ASCII other than tab and line feed, halves of surrogate pairs, non-characters: XML and databases refuse them. */
export function hasUnsendableCharacters(text: string): boolean {
  return /[\p{Cc}\p{Surrogate}\uFFFE\uFFFF]/u.test(text.replace(/[\t\n\u007F-\u009F]/g, ''));
}
