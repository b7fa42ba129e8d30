/** The body of `submitAsyncAction`, and the chunk it becomes. What a campaign may have wrong for one person is that person's refusal. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { callbackUrlProblem } from '../../core/callbackAddress';
import type { ErrorCode } from '../../core/flowStep';
import type { FlowStepChunk, FlowStepKind, FlowStepPerson } from '../../core/ports';
import { marketoId, optional, plainId } from '../bodies';
import type { FlowStepDeps } from '../deps';
import { HttpError } from '../errors';

/** Marketo sends 1,000 at most, as far as is known; ten times as many still fit one transaction. */
const MAX_PEOPLE = 10_000;
const MAX_OWNER = 320;

const text = () => z.string({ error: ({ input }) => (input === undefined ? 'is missing' : 'must be a string') });
/** What becomes the value of an HTTP header. */
const headerText = () =>
  text()
    .trim()
    .regex(/^[\x20-\x7e]{1,1000}$/, 'must be at most 1000 plain characters');
/** Parts that may be missing altogether: campaigns outside programs have no program, for one. */
const part = <T extends z.core.$ZodLooseShape>(shape: T) => z.object(shape, { error: 'must be an object' }).nullish();

const person = z.object(
  {
    objectType: optional(
      text()
        .trim()
        .toLowerCase()
        .pipe(z.literal('lead', { error: 'must be "lead"' })),
    ),
    objectContext: z.object(
      { id: marketoId() },
      { error: ({ input }) => (input === undefined ? 'is missing' : 'must be an object') },
    ),
    flowStepContext: part({ syncAs: z.unknown().optional(), assignTo: z.unknown().optional() }),
    triggeringContext: z.unknown().optional(),
  },
  { error: 'must be an object' },
);

/** Members that are not named here are none of our business. */
export const submissionBody = z
  .object(
    {
      token: optional(headerText()),
      apiCallBackKey: optional(headerText()),
      batchid: optional(text()),
      campaignId: optional(plainId()),
      callbackUrl: text().trim().max(2_000, 'must be at most 2000 characters'),
      context: part({
        subscription: part({
          munchkinId: optional(
            text()
              .trim()
              .regex(/^[\w-]{1,64}$/, 'must be a Munchkin id, such as 123-ABC-456'),
          ),
        }),
        campaign: part({ type: z.unknown().optional() }),
      }),
      objectData: z
        .array(person, { error: ({ input }) => (input === undefined ? 'is missing' : 'must be a list') })
        .min(1, 'must name at least one person')
        .max(MAX_PEOPLE, `must be at most ${MAX_PEOPLE} people`),
    },
    { error: 'must be a JSON object' },
  )
  .meta({
    example: {
      token: 'eb26ba28-e3f4-4423-a75d-28118b81828c',
      apiCallBackKey: '123abc',
      campaignId: 1001,
      callbackUrl: 'https://mkto-cfa.adobe.io/customflowaction/submitCustomFlowAction',
      objectData: [{ objectType: 'lead', objectContext: { id: 318592 }, flowStepContext: { syncAs: 'lead', assignTo: '' } }],
    },
  });

type Submission = z.output<typeof submissionBody>;
type Sent = Submission['objectData'][number];

/** Throws an HttpError when the answer could not go where it should, or when the people are another instance's. */
export function chunkOf(body: Submission, { callbackHosts, munchkinId: ours }: FlowStepDeps): FlowStepChunk {
  const problem = callbackUrlProblem(body.callbackUrl, callbackHosts);
  if (problem !== undefined) throw new HttpError(400, 'badRequest', `callbackUrl ${problem}.`);
  const given = body.context?.subscription?.munchkinId;
  if (given !== undefined && ours !== undefined && given.toUpperCase() !== ours.toUpperCase()) {
    throw new HttpError(
      403,
      'otherInstance',
      `This sync belongs to the Marketo instance ${ours}: the ids of another instance's people mean other people here.`,
    );
  }
  return {
    id: nameOf(body),
    kind: kindOf(body),
    ...(body.token !== undefined && { token: body.token }),
    callbackUrl: body.callbackUrl,
    ...(body.apiCallBackKey !== undefined && { callbackKey: body.apiCallBackKey }),
    munchkinId: given ?? ours ?? 'unknown',
    ...(body.campaignId !== undefined && { campaignId: body.campaignId }),
    people: peopleOf(body.objectData),
  };
}

/** A call without a token is known by all that tells it from others; the run's `batchid` alone is shared by its many chunks. */
function nameOf({ token, batchid, apiCallBackKey, callbackUrl, objectData }: Submission): string {
  const ids = objectData.map(({ objectContext }) => objectContext.id);
  const name = token ?? JSON.stringify([batchid, apiCallBackKey, callbackUrl, ids]);
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

/** Only trigger campaigns tell what triggered them, and they send one person a call. */
function kindOf({ context, objectData }: Submission): FlowStepKind {
  const type = String(context?.campaign?.type).toLowerCase();
  if (type === 'trigger' || type === 'batch') return type;
  return objectData.length === 1 || objectData.some(({ triggeringContext }) => triggeringContext) ? 'trigger' : 'batch';
}

/** A person that is listed twice is one person, and is asked for as it was listed first. */
function peopleOf(sent: readonly Sent[]): readonly FlowStepPerson[] {
  const people = new Map<string, FlowStepPerson>();
  for (const one of sent) {
    const { id } = one.objectContext;
    if (!people.has(id)) people.set(id, { marketoId: id, ...wishOf(one) });
  }
  return [...people.values()];
}

type Wish = { readonly syncAs: 'lead' | 'contact'; readonly assignTo?: string } | ReturnType<typeof refusal>;

/** Choices and tokens differ from person to person, so one unknown word does not fail the others. */
function wishOf({ flowStepContext }: Sent): Wish {
  const syncAs = plain(flowStepContext?.syncAs).toLowerCase() || 'lead';
  if (syncAs !== 'lead' && syncAs !== 'contact') return refusal('UNKNOWN_SYNC_AS', 'Sync As must be lead or contact');
  const assignTo = plain(flowStepContext?.assignTo);
  if (assignTo.length > MAX_OWNER) return refusal('UNKNOWN_OWNER', `Assign To is longer than ${MAX_OWNER} characters`);
  return { syncAs, ...(assignTo !== '' && { assignTo }) };
}

function refusal(code: ErrorCode, reason: string) {
  return { refusal: { code, reason } };
}

/** Attributes arrive as text, whatever their type; empty tokens as nothing. */
function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value.trim();
  return JSON.stringify(value);
}
