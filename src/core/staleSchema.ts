/** Answers that say: a field is not what it was when the schemas were read. */
import type { SideName } from './types';

/** The column is closed to us: to reading, it may be, as well as to writing. */
const SECURED: ReadonlySet<string> = new Set(['0x8004f507', '0x8004f502', '0x8004f504']);

const CODES: Readonly<Record<SideName, ReadonlySet<string>>> = {
  // No such field; a field that may not be written.
  marketo: new Set(['1006', '1011']),
  dynamics: new Set([
    'unknownColumn',
    '0x80060888', // no such column
    '0x8006088a',
    '0x80048d19', // of another type, or not there
    '0x80044331', // longer than it may be
    '0x8004431a', // no such option
    '0x8004432f', // outside the range
    '0x80044330',
    ...SECURED,
  ]),
};

/** Whether the schema of `side` should be read again. A value that it allows is not refused with such a code. */
export const saysSchemaChanged = (side: SideName, code: string): boolean => CODES[side].has(code);

/** Whether what was read of a column lately may be nothing but its closedness. */
export const saysSecured = (side: SideName, code: string): boolean => side === 'dynamics' && SECURED.has(code);
