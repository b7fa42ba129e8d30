/** What waits for a person to decide: what each kind means, and what may be chosen. */
import type { RawValue, Table } from './types';

export type ReviewKind =
  | 'ambiguousMatch'
  | 'rowPairedElsewhere'
  | 'personPairedElsewhere'
  | 'mergedPeople'
  | 'mergedRows'
  | 'twoLivePairs'
  | 'deleteGuard'
  | 'massClear'
  | 'pingPong'
  | 'collision';

export const CHOICES = ['link', 'create', 'approve', 'marketo', 'dynamics', 'retry', 'close'] as const;
export type Choice = (typeof CHOICES)[number];

interface KindOfReview {
  readonly meaning: string;
  /** What may be chosen, and what then happens. */
  readonly choices: Readonly<Partial<Record<Choice, string>>>;
}

/** By kind, as `mdsync review list` and the manual tell it. */
export const REVIEW_KINDS: Readonly<Record<ReviewKind, KindOfReview>> = {
  ambiguousMatch: {
    meaning: 'Several records on the other side have the same e-mail address, and choosing one of them would be a guess.',
    choices: {
      link: 'link it to the one you name; from then on the two are kept the same',
      create: 'none of them is the same human: create a new record on the other side',
      close: 'do nothing; its next change asks again',
    },
  },
  rowPairedElsewhere: {
    meaning: 'The Dynamics record that belongs to this person is the record of another person already.',
    choices: { retry: 'try again, after one of the two was corrected', close: 'leave the two apart' },
  },
  personPairedElsewhere: {
    meaning: 'The Marketo person that belongs to this Dynamics record is the person of another record already.',
    choices: { retry: 'try again, after one of the two was corrected', close: 'leave the two apart' },
  },
  mergedPeople: {
    meaning:
      'Two people were merged in Marketo, and both had a Dynamics record. The survivor keeps the better one; this one has no person any more.',
    choices: { close: 'leave it so; merge or deactivate the records in Dynamics if they are the same human' },
  },
  mergedRows: {
    meaning: 'This Dynamics record was merged into another one. Its person stays in Marketo and is not synced any more.',
    choices: { close: 'leave it so; merge the people in Marketo if they are the same human' },
  },
  twoLivePairs: {
    meaning: 'A lead was qualified to a contact, and both of them have a person in Marketo.',
    choices: { retry: 'try again, after the two people were merged in Marketo', close: 'leave the two apart' },
  },
  deleteGuard: {
    meaning: 'More records were deleted within a day than anybody deletes by hand, so deletes wait.',
    choices: {
      approve: 'the deletes are meant: all that wait are acted upon, and further ones for 24 hours',
      close: 'leave this record as it is; the guard stays',
    },
  },
  massClear: {
    meaning: 'Dynamics seems to have emptied this field on very many records at once, so it is not written.',
    choices: {
      approve: 'it was meant: the field is emptied in Marketo too',
      retry: 'the sync user has got its permission back: what Dynamics holds is read and decided again',
    },
  },
  pingPong: {
    meaning: 'These fields were written to and fro: some automation on one side rewrites what the sync writes.',
    choices: { retry: 'the automation was corrected: sync the fields again', close: 'the same: sync the fields again' },
  },
  collision: {
    meaning: 'Both sides hold different values, and the mapping says that a person decides (winner: review).',
    choices: {
      marketo: "Marketo's values are right: write them to Dynamics",
      dynamics: "Dynamics' values are right: write them to Marketo",
      close: 'leave the two different; the next change asks again',
    },
  },
};

/** A record that may be chosen with `link`. */
export interface Candidate {
  /** Marketo id or GUID: what is given to `link`. */
  readonly id: string;
  readonly entity: 'person' | Table;
}

export interface OpenReview {
  readonly number: number;
  readonly kind: ReviewKind;
  readonly openedAt: string;
  readonly meaning: string;
  readonly choices: readonly { readonly choice: Choice; readonly effect: string }[];
  readonly marketoId?: string;
  readonly table?: Table;
  readonly microsoftId?: string;
  readonly candidates: readonly Candidate[];
  /** What the two sides hold, for the fields this is about. People's data: for operators, never for a log. */
  readonly fields: readonly { readonly field: string; readonly marketo?: RawValue; readonly dynamics?: RawValue }[];
  /** The facts it was opened with. */
  readonly detail: object;
}

export interface Decide {
  readonly number: number;
  readonly choice: Choice;
  /** For `link`: which candidate. */
  readonly id?: string;
}

export type Resolved =
  | {
      /** Reviews that are closed by this: of an approved guard, all that wait for the same. */
      readonly closed: readonly number[];
      /** Inbox keys of the records that were put back to work. */
      readonly queued: readonly string[];
    }
  | { readonly refused: 'notOpen' | 'notAChoice' | 'notACandidate' | 'takenMeanwhile'; readonly why: string }
  /** A write of the record may be under way. */
  | { readonly busyForMs: number };

export interface Reviews {
  list(): Promise<readonly OpenReview[]>;
  /** Makes the choice true in the store and puts the record to work; the sync does the rest. Never calls a vendor. */
  resolve(decide: Decide): Promise<Resolved>;
}
