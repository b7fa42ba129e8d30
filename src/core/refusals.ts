/** What a refusal means, in one plain sentence for each code that vendors use or that we found out before sending. */
import { SIDE_LABEL } from './rules';
import type { SideName } from './types';

export interface Refused {
  /** Who refused. */
  readonly side: SideName;
  readonly code: string;
  /** The field as the refusing side calls it on its screens. */
  readonly label: string;
  /** The vendor's words; limits are read from them. */
  readonly message: string;
}

type Sentence = (label: string, message: string) => string;

const LENGTH_LIMIT = /maximum allowed length of '?(\d+)/i;

const tooLong: Sentence = (label, message) => {
  const most = LENGTH_LIMIT.exec(message)?.[1];
  return most === undefined ? `${label} is longer than Dynamics holds` : `${label} is longer than ${most} characters in Dynamics`;
};
const outOfRange: Sentence = (label) => `${label} is outside the range that Dynamics allows`;
const securedColumn: Sentence = (label) => `The sync user may not write ${label} in Dynamics: the column is secured`;
const badOwner: Sentence = () => 'The owner is no enabled user of Dynamics, or may not own this record';
const closedRow: Sentence = (label) => `The Dynamics record is closed or read-only, so ${label} cannot be changed`;
const closedLead: Sentence = () => 'The Dynamics lead is qualified or disqualified already';
const noTarget: Sentence = (label) => `${label} points at a Dynamics record that does not exist`;
const noPrivilege: Sentence = () => 'The sync user lacks a privilege in Dynamics';
const noColumn: Sentence = (label) => `Dynamics has no such column for ${label} any more`;
const tooLarge =
  (side: string): Sentence =>
  () =>
    `The record is larger than ${side} takes at once`;

/** Texts from the vendors' catalogues: see the ordered tables in each client's `classify.ts` for what is done about each. */
const DYNAMICS: Readonly<Record<string, Sentence>> = {
  '0x80044331': tooLong,
  '0x8004431a': (label) => `${label} is not one of the options that Dynamics has`,
  '0x8004432f': outOfRange,
  '0x80044330': outOfRange,
  '0x80040239': (label) => `${label} is not a date that Dynamics accepts`,
  '0x80040278': (label) => `${label} has characters that Dynamics does not accept`,
  '0x80040200': (label) => `${label} is required in Dynamics`,
  '0x80040203': (label) => `Dynamics does not accept the value of ${label}`,
  '0x80040317': (label) => `Dynamics does not accept the value of ${label}`,
  '0x80040265': (label) => `A business rule or plug-in in Dynamics refused ${label}`,
  '0x80040333': () => 'Duplicate detection in Dynamics found another record like this one',
  '0x80040237': () => 'Dynamics has a record with the same key already',
  '0x80040217': noTarget,
  '0x80060891': noTarget,
  '0x80040227': () => 'Other Dynamics records hang on this one',
  '0x80048408': () => 'The status does not belong to the state of the Dynamics record',
  '0x80040233': closedRow,
  '0x8004022e': closedRow,
  '0x80040519': closedLead,
  '0x80081018': closedLead,
  '0x8004f507': securedColumn,
  '0x8004f502': securedColumn,
  '0x8004f504': securedColumn,
  '0x80040229': badOwner,
  '0x80040210': badOwner,
  '0x80040231': badOwner,
  '0x80040220': noPrivilege,
  '0x80048306': noPrivilege,
  '0x80040299': noPrivilege,
  '0x80060888': noColumn,
  '0x8006088a': noColumn,
  '0x80048d19': (label) => `${label} is of a kind that its Dynamics column does not take`,
  http413: tooLarge('Dynamics'),
};

const invalid: Sentence = (label) => `Marketo does not accept the value of ${label}`;
const noField: Sentence = (label) => `Marketo has no such field any more, or does not let it be written: ${label}`;
const partition: Sentence = () => 'The person is in a Marketo partition that the sync user may not use';

const twice: Sentence = () => 'The same person was sent to Marketo twice in one call';
const elsewhere: Sentence = () => 'Marketo does not let that be done with this person';
const merging: Sentence = () => 'Marketo could not merge these people';

const MARKETO: Readonly<Record<string, Sentence>> = {
  '701': (label) => `${label} may not be empty in Marketo`,
  '704': (label) => `${label} is not a date that Marketo accepts`,
  '1001': invalid,
  '1002': (label) => `${label} may not be empty in Marketo`,
  '1003': invalid,
  '702': () => 'Marketo has no such data',
  '709': () => 'A business rule in Marketo does not allow it',
  '710': elsewhere,
  '711': elsewhere,
  '712': merging,
  '714': merging,
  '718': () => 'Marketo does not know the salesperson of this record yet',
  '1005': () => 'Marketo has this person already',
  '1006': noField,
  '1007': () => 'Several people in Marketo have this Microsoft id: merge them',
  '1008': partition,
  '1009': partition,
  '1010': partition,
  '1011': noField,
  '1012': invalid,
  '1013': () => 'Marketo has no such object',
  '1015': () => 'The person is not in the Marketo list',
  '1017': () => 'Marketo has that already',
  '1022': () => 'Marketo cannot change it while it is in use',
  '1025': () => 'The Marketo program has no such status',
  '1027': () => 'Marketo has as many activity types as it allows',
  '1028': () => 'Marketo has as many fields as it allows',
  '1035': elsewhere,
  '1036': twice,
  '1037': elsewhere,
  '1042': elsewhere,
  '1048': elsewhere,
  '1049': tooLarge('Marketo'),
  '1076': merging,
  '1077': merging,
  '1078': merging,
  '1079': merging,
  '1080': merging,
  http413: tooLarge('Marketo'),
  '1018': () => "Marketo's own CRM sync is on, which keeps everybody else out: switch it off",
  '1021': (label) => `${label} belongs to the company that the person is linked to, and is not changed through the person`,
};

const BY_SIDE: Readonly<Record<SideName, Readonly<Record<string, Sentence>>>> = { dynamics: DYNAMICS, marketo: MARKETO };

/** Our own codes are words, and their messages are sentences already. */
const isOwnCode = (code: string): boolean => /^[a-z]+[A-Z]?[a-zA-Z]*$/.test(code);

/** What we say ourselves, before sending, of values that the vendor refuses by these codes. */
const OWN_CODE: Readonly<Record<SideName, Readonly<Record<string, string>>>> = {
  dynamics: {
    '0x80040200': 'required',
    '0x80040239': 'notADate',
    '0x80040278': 'invalidCharacters',
    '0x8004431a': 'unknownOption',
    '0x8004432f': 'outOfRange',
    '0x80044330': 'outOfRange',
    '0x80044331': 'tooLong',
  },
  marketo: { '701': 'required', '704': 'notADate', '1002': 'required' },
};

/** What is wrong with a value, by the same word whether the vendor found it or we did before sending. */
export const faultOf = (side: SideName, code: string): string => OWN_CODE[side][code] ?? code;

/** One sentence without a full stop: which field, what is wrong with it, where. Never quotes a value. */
export function refusalSentence({ side, code, label, message }: Refused): string {
  const known = BY_SIDE[side][code];
  if (known !== undefined) return known(label, message);
  return isOwnCode(code) ? message.replace(/\.$/, '') : `${SIDE_LABEL[side]} refused ${label} (${code})`;
}
