/** What a refusal means, in one plain sentence for each code that vendors use or that we found out before sending. */
import type { SideName } from './types';

export interface Refused {
  /** Who refused. */
  readonly side: SideName;
  readonly code: string;
  /** The field as people call it. */
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
  '0x80040265': (label) => `A business rule or plug-in in Dynamics refused ${label}`,
  '0x80040333': () => 'Duplicate detection in Dynamics found another record like this one',
  '0x80040237': () => 'Dynamics has a record with the same key already',
  '0x80040217': (label) => `${label} points at a Dynamics record that does not exist`,
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
  '0x80040220': () => 'The sync user lacks a privilege in Dynamics',
  '0x80060888': (label) => `Dynamics has no such column for ${label} any more`,
  '0x80048d19': (label) => `${label} is of a kind that its Dynamics column does not take`,
};

const invalid: Sentence = (label) => `Marketo does not accept the value of ${label}`;
const noField: Sentence = (label) => `Marketo has no such field any more, or does not let it be written: ${label}`;
const partition: Sentence = () => 'The person is in a Marketo partition that the sync user may not use';

const MARKETO: Readonly<Record<string, Sentence>> = {
  '701': (label) => `${label} may not be empty in Marketo`,
  '704': (label) => `${label} is not a date that Marketo accepts`,
  '1001': invalid,
  '1002': (label) => `${label} may not be empty in Marketo`,
  '1003': invalid,
  '1005': () => 'Marketo has this person already',
  '1006': noField,
  '1007': () => 'Several people in Marketo have this Microsoft id: merge them',
  '1008': partition,
  '1009': partition,
  '1010': partition,
  '1011': noField,
  '1018': () => "Marketo's own CRM sync is on, which keeps everybody else out: switch it off",
  '1021': (label) => `${label} belongs to the company that the person is linked to, and is not changed through the person`,
};

const BY_SIDE: Readonly<Record<SideName, Readonly<Record<string, Sentence>>>> = { dynamics: DYNAMICS, marketo: MARKETO };
const NAMES: Readonly<Record<SideName, string>> = { dynamics: 'Dynamics', marketo: 'Marketo' };

/** Our own codes are words, and their messages are sentences already. */
const isOwnCode = (code: string): boolean => /^[a-z]+[A-Z]?[a-zA-Z]*$/.test(code);

/** One sentence without a full stop: which field, what is wrong with it, where. Never quotes a value. */
export function refusalSentence({ side, code, label, message }: Refused): string {
  const known = BY_SIDE[side][code];
  if (known !== undefined) return known(label, message);
  return isOwnCode(code) ? message.replace(/\.$/, '') : `${NAMES[side]} refused ${label} (${code})`;
}
