/** Text as both sides mean it. */

/** Unicode NFC, LF line ends, no space around; blank text is null. */
export function tidy(text: string): string | null {
  const tidied = text.normalize('NFC').replace(/\r\n?/g, '\n').trim();
  return tidied === '' ? null : tidied;
}

/** Control characters (tab and line feed excepted) and halves of surrogate pairs: no vendor's JSON and no database carries them faithfully. */
export function hasUnsendableCharacters(text: string): boolean {
  return /[\p{Cc}\p{Surrogate}\uFFFE\uFFFF]/u.test(text.replace(/[\t\n]/g, ''));
}
