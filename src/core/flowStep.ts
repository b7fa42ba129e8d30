/** What a flow step tells a campaign about one person: its words, and how an outcome becomes them. */
import type { CreationOutcome } from './ports';
import type { Table } from './types';

/** `operation`: how it went. A marketer filters by these words, so they never change within one version of the step. */
export const OPERATIONS = {
  created: { success: true, meaning: 'A new lead or contact was created in Dynamics.', next: 'Nothing.' },
  linked: {
    success: true,
    meaning: 'Dynamics had exactly one lead or contact with the same e-mail address: it was linked to the person.',
    next: 'Nothing. Owner and type of that row are as they were.',
  },
  alreadySynced: {
    success: true,
    meaning: 'The person was in Dynamics already. Nothing was changed, neither the owner nor the type.',
    next: 'Nothing.',
  },
  queued: {
    success: true,
    meaning: 'Dynamics or Marketo could not be reached in time. The request is kept and goes on by itself.',
    next: 'Wait: an activity "Sync Person to Microsoft" on the person tells how it ended.',
  },
  rejected: {
    success: false,
    meaning: 'Nothing was created, for the reason given.',
    next: 'Mend what the reason names, then run the person through the step again.',
  },
  review: {
    success: false,
    meaning: 'A person has to decide, because Dynamics has several rows that may be the same human.',
    next: 'Ask the operator of the sync: open reviews are shown by "mdsync status".',
  },
} as const satisfies Readonly<Record<string, { success: boolean; meaning: string; next: string }>>;
export type Operation = keyof typeof OPERATIONS;

/** `errorCode`, where `success` is false. Marketo counts them by day, so there are few. */
export const ERROR_CODES = {
  UNKNOWN_SYNC_AS: 'Sync As is neither lead nor contact.',
  UNKNOWN_OWNER: 'Assign To is not the GUID or e-mail address of an enabled Dynamics user.',
  PERSON_NOT_FOUND: 'The person is not in Marketo any more.',
  NOTHING_TO_SEND: 'The person has no value that Dynamics could take.',
  DYNAMICS_REFUSED: 'Dynamics refused the record by a rule of its own. The reason names the field and the code.',
  AMBIGUOUS_MATCH: 'Several rows in Dynamics have the e-mail address of the person.',
  NEEDS_REVIEW: 'The row in Dynamics belongs to another person already.',
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/** From the codes of creation outcomes; a code that is not here is a vendor's own. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  personNotFound: 'PERSON_NOT_FOUND',
  unknownOwner: 'UNKNOWN_OWNER',
  nothingToSend: 'NOTHING_TO_SEND',
  ambiguousMatch: 'AMBIGUOUS_MATCH',
};

/** Marketo cuts strings after this many bytes; cut by us, no character is torn. */
const MAX_BYTES = 255;

export interface PersonEnd {
  readonly refusal: { readonly code: string; readonly reason: string } | null;
  readonly syncAs: Table | null;
  /** `null` while the request is unfinished. */
  readonly outcome: CreationOutcome | null;
  readonly table: Table | null;
}

export interface PersonAnswer {
  /** Fields of the person, beside its id. */
  readonly fields: Readonly<Record<string, string>>;
  readonly activity: Readonly<Record<string, string | boolean>> & { readonly success: boolean; readonly operation: Operation };
}

/** What is answered for one person. Members without a value are left out: Marketo takes the text "null" for a clear. */
export function answerFor({ refusal, syncAs, outcome, table }: PersonEnd): PersonAnswer {
  const operation: Operation = refusal ? 'rejected' : (outcome?.status ?? 'queued');
  const { success } = OPERATIONS[operation];
  const row = {
    ...(outcome?.microsoftId !== undefined && success && { microsoftId: outcome.microsoftId }),
    ...(table !== null && success && { microsoftType: TYPE_NAMES[table] }),
  };
  const errorCode = refusal?.code ?? CODES[outcome?.code ?? ''] ?? (operation === 'review' ? 'NEEDS_REVIEW' : 'DYNAMICS_REFUSED');
  const reason = refusal?.reason ?? outcome?.reason;
  return {
    fields: row,
    activity: {
      success,
      operation,
      ...row,
      ...(syncAs !== null && { syncAsValue: syncAs }),
      ...(reason !== undefined && { reason: cut(reason) }),
      ...(!success && { errorCode }),
    },
  };
}

/** As the field Microsoft Type says it. */
const TYPE_NAMES = { contact: 'Contact', lead: 'Lead' } as const;

function cut(text: string): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes > MAX_BYTES) return text.slice(0, end);
    end += character.length;
  }
  return text;
}
