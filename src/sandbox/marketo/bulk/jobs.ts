/** Export jobs: created, queued, processed two at a time, completed. Time alone moves them on: a state is worked out when asked for. */
import type { SandboxClock } from '../../clock';
import type { Journal } from '../../journal';

export type JobKind = 'leads' | 'activities';
export type JobState = 'Created' | 'Queued' | 'Processing' | 'Completed' | 'Cancelled';

export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  /** Only the API user who made a job sees it. */
  readonly user: string;
  readonly format: Format;
  /** The checked request, as its kind of job wants it. */
  readonly request: unknown;
  readonly createdAt: number;
  readonly queuedAt?: number;
  readonly startsAt?: number;
  readonly finishesAt?: number;
  readonly cancelled?: true;
  /** Made when the job is first found completed. */
  readonly file?: JobFile;
}

export interface JobFile {
  readonly content: string;
  readonly records: number;
  readonly checksum: string;
}

export const FORMATS = { CSV: ',', TSV: '\t', SSV: ';' } as const;
export type Format = keyof typeof FORMATS;

export interface Jobs {
  get(id: string): Job | undefined;
  ofUser(kind: JobKind, user: string): readonly Job[];
  /** Whether the file can still be fetched. */
  isFileKept(job: Job): boolean;
  put(job: Job): Job;
  stateOf(job: Job): JobState;
  /** Puts a created job into the queue. The queue is full when ten jobs wait or run. */
  enqueue(job: Job): Job | 'queue is full';
}

const PROCESSING_MS = 1000;
const MAX_RUNNING = 2;
const MAX_QUEUED = 10;
const DAY_MS = 86_400_000;
/** A file is kept for seven days after it was made, the job for thirty. */
const FILE_DAYS = 7;
const JOB_DAYS = 30;

export function createJobs(journal: Journal, clock: SandboxClock): Jobs {
  const table = journal.table<Job>('exports');
  const now = (): number => clock.now().getTime();
  const put = (job: Job): Job => {
    table.set(job.id, job);
    return job;
  };
  const stateOf = (job: Job): JobState => {
    if (job.cancelled) return 'Cancelled';
    if (job.startsAt === undefined || job.finishesAt === undefined) return 'Created';
    if (now() >= job.finishesAt) return 'Completed';
    return now() >= job.startsAt ? 'Processing' : 'Queued';
  };
  const isKept = (job: Job): boolean => now() <= job.createdAt + JOB_DAYS * DAY_MS;
  return {
    get(id) {
      const job = table.get(id);
      return job && isKept(job) ? job : undefined;
    },
    ofUser: (kind, user) => [...table.values()].filter((job) => job.kind === kind && job.user === user && isKept(job)),
    isFileKept: ({ finishesAt = 0 }) => now() <= finishesAt + FILE_DAYS * DAY_MS,
    put,
    stateOf,
    enqueue(job) {
      const active = [...table.values()].filter((other) => ['Queued', 'Processing'].includes(stateOf(other)));
      if (active.length >= MAX_QUEUED) return 'queue is full';
      const ends = active.map(({ finishesAt = 0 }) => finishesAt).sort((a, b) => b - a);
      // A place is free when all but one of the jobs before it are done.
      const startsAt = Math.max(now() + PROCESSING_MS, ends[MAX_RUNNING - 1] ?? 0);
      return put({ ...job, queuedAt: now(), startsAt, finishesAt: startsAt + PROCESSING_MS });
    },
  };
}
