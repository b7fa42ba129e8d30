/** Runs a `$batch`: one operation after the other, change sets as one transaction each. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultAction, Faults } from '../../faults';
import { type Answer, type Sent, sentOf } from '../http/call';
import { perform } from '../http/perform';
import { readPreferences } from '../http/prefer';
import { DataverseError } from '../http/problem';
import { refusal } from '../http/refusal';
import { LONGEST_URL_OF_PART, refuseLength } from '../http/urlLength';
import type { Organization } from '../organization';
import type { User } from '../security/user';
import { type BatchItem, type BatchPart, decodeBatch } from './decode';
import { encodeBatch, type ItemAnswer, type PartAnswer } from './encode';

export interface BatchRun {
  readonly answer: Answer;
  /** A fault says that the caller hears nothing. */
  readonly isCut: boolean;
}

export interface BatchSurroundings {
  readonly user: User;
  readonly organization: Organization;
  readonly faults: Faults;
}

export async function runBatch(sent: Sent, { user, organization, faults }: BatchSurroundings): Promise<BatchRun> {
  let items: readonly BatchItem[];
  try {
    items = decodeBatch(sent.headers['content-type'], sent.body ?? '');
  } catch (error) {
    if (error instanceof DataverseError) return { answer: refusal(error), isCut: false };
    throw error;
  }
  const goesOn = readPreferences(sent.headers['prefer']).continueOnError;
  const answers: ItemAnswer[] = [];
  let status = 200;
  let isCut = false;
  for (const item of items) {
    const parts = 'changeSet' in item ? item.changeSet : [item];
    const actions = new Map(parts.map((part) => [part, takeFault(part, user, faults)] as const));
    const delayMs = [...actions.values()].reduce((sum, action) => sum + (action && 'delayMs' in action ? action.delayMs : 0), 0);
    if (delayMs > 0) await sleep(delayMs);
    isCut ||= [...actions.values()].some((action) => action !== undefined && 'drop' in action);
    const run = (part: BatchPart, references?: ReadonlyMap<string, string>): PartAnswer => {
      const answer =
        faultAnswer(actions.get(part)) ?? tooLong(part) ?? perform(partSent(part, sent, references), user, organization);
      return { contentId: part.contentId, answer };
    };
    const answer = 'changeSet' in item ? runChangeSet(item.changeSet, run, sent.baseUrl, organization) : run(item);
    answers.push(answer);
    const failed = failureOf(answer);
    if (failed === undefined) continue;
    if (goesOn) continue;
    status = failed;
    break;
  }
  const { contentType, body } = encodeBatch(answers);
  return { answer: { status, headers: { 'Content-Type': contentType }, body }, isCut };
}

/** Thrown to have everything of a change set taken back. */
class ChangeSetFailure extends Error {
  override readonly name = 'ChangeSetFailure';
  constructor(readonly part: PartAnswer) {
    super('A part of the change set failed.');
  }
}

/** All answers, or the one of the part that failed. */
function runChangeSet(
  parts: readonly BatchPart[],
  run: (part: BatchPart, references: ReadonlyMap<string, string>) => PartAnswer,
  baseUrl: string,
  organization: Organization,
): ItemAnswer {
  const references = new Map<string, string>();
  try {
    return organization.atomically(() => ({
      changeSet: parts.map((part) => {
        const done = run(part, references);
        if (done.answer.status >= 400) throw new ChangeSetFailure(done);
        const made = done.answer.headers['Location'];
        if (made !== undefined && part.contentId !== undefined) references.set(part.contentId, made.slice(baseUrl.length));
        return done;
      }),
    }));
  } catch (error) {
    if (error instanceof ChangeSetFailure) return { changeSet: [error.part] };
    throw error;
  }
}

function failureOf(item: ItemAnswer): number | undefined {
  const statuses = 'changeSet' in item ? item.changeSet.map(({ answer }) => answer.status) : [item.answer.status];
  return statuses.find((status) => status >= 400);
}

/** A whole URL, a path from the root, or one that begins at the service; in a change set also `$1/...`. */
function partSent(part: BatchPart, { baseUrl }: Sent, references?: ReadonlyMap<string, string>): Sent {
  const local = part.url
    .replace(/^https?:\/\/[^/]+/i, '')
    .replace(/^\/api\/data\/v9\.\d\/?/, '')
    .replace(/^\/?\$(\w+)/, (whole, id: string) => references?.get(id) ?? whole)
    .replace(/^\//, '');
  const sent = sentOf(part.method, baseUrl, local, part.headers, part.body);
  return references === undefined ? sent : { ...sent, references };
}

const takeFault = (part: BatchPart, user: User, faults: Faults): FaultAction | undefined =>
  faults.take({ method: part.method, url: part.url, caller: user.clientId });

function tooLong({ url }: BatchPart): Answer | undefined {
  const problem = refuseLength(url, LONGEST_URL_OF_PART);
  return problem && refusal(problem);
}

function faultAnswer(action: FaultAction | undefined): Answer | undefined {
  if (action === undefined || !('status' in action)) return undefined;
  const body = typeof action.body === 'string' ? action.body : (action.body as object | undefined);
  return { status: action.status, headers: action.headers, body };
}
