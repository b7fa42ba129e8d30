/** The life of an export job over the API: create, enqueue, status, file, cancel, list. */
import { createHash, randomUUID } from 'node:crypto';
import { type Call, jsonBody, optionalList } from '../http/call';
import { type Envelope, MarketoError, type PlainAnswer } from '../http/envelope';
import type { Instance } from '../instance';
import { formatDateTime } from '../schema/values';
import { type ActivityExport, activityRows, readActivityExport } from './activityExport';
import { type Job, type JobFile, type JobKind } from './jobs';
import { type LeadExport, leadRows, readLeadExport } from './leadExport';
import { fileAnswer, notFound } from './file';
import { readFormat } from './request';
import { tableText } from './table';

/** What may be exported per day, by all jobs together. */
const DAILY_BYTES = 500 * 1024 * 1024;

export const createJob =
  (kind: JobKind) =>
  (call: Call, instance: Instance): Envelope => {
    const body = jsonBody(call);
    const job: Job = {
      id: randomUUID(),
      kind,
      user: call.user,
      format: readFormat(body),
      request: kind === 'leads' ? readLeadExport(body, instance) : readActivityExport(body),
      createdAt: instance.clock.now().getTime(),
    };
    return { result: [render(instance, instance.jobs.put(job))] };
  };

export const enqueueJob =
  (kind: JobKind) =>
  (call: Call, instance: Instance): Envelope => {
    const job = existing(kind, call, instance);
    if (instance.jobs.stateOf(job) !== 'Created') throw new MarketoError('1029', 'Job already queued');
    if (instance.usage.exportedToday() >= DAILY_BYTES) throw new MarketoError('1029', 'Export daily quota 500MB exceeded');
    const queued = instance.jobs.enqueue(job);
    if (queued === 'queue is full') throw new MarketoError('1029', 'Too many jobs in queue');
    return { result: [render(instance, queued)] };
  };

export const getJobStatus =
  (kind: JobKind) =>
  (call: Call, instance: Instance): Envelope => ({
    result: [render(instance, withFile(existing(kind, call, instance), instance))],
  });

export const cancelJob =
  (kind: JobKind) =>
  (call: Call, instance: Instance): Envelope => {
    const job = existing(kind, call, instance);
    const state = instance.jobs.stateOf(job);
    if (state === 'Completed' || state === 'Cancelled') throw new MarketoError('1003', `Invalid data: the job is ${state}`);
    return { result: [render(instance, instance.jobs.put({ ...job, cancelled: true }))] };
  };

export const listJobs =
  (kind: JobKind) =>
  (call: Call, instance: Instance): Envelope => {
    // Both spellings of the one state that has two are understood.
    const wanted = optionalList(call, 'status')?.map((state) => state.replace('Canceled', 'Cancelled'));
    const jobs = instance.jobs
      .ofUser(kind, call.user)
      .filter((job) => wanted === undefined || wanted.includes(instance.jobs.stateOf(job)));
    return { result: jobs.map((job) => render(instance, withFile(job, instance))) };
  };

/** Outside the envelope: the file itself, or 404 in plain text while there is none. */
export const getJobFile =
  (kind: JobKind) =>
  (call: Call, instance: Instance): PlainAnswer => {
    const job = ownJob(kind, call, instance);
    const file = job && instance.jobs.isFileKept(job) ? withFile(job, instance).file : undefined;
    return file === undefined ? notFound() : fileAnswer(file.content, call.headers.range);
  };

function ownJob(kind: JobKind, call: Call, instance: Instance): Job | undefined {
  const job = instance.jobs.get(call.segments[0] ?? '');
  return job?.kind === kind && job.user === call.user ? job : undefined;
}

function existing(kind: JobKind, call: Call, instance: Instance): Job {
  const job = ownJob(kind, call, instance);
  if (job === undefined) throw new MarketoError('1003', `Invalid data: there is no export '${call.segments[0] ?? ''}'`);
  return job;
}

/** A completed job gets its file when somebody first looks: from then on it does not change. */
function withFile(job: Job, instance: Instance): Job {
  if (job.file !== undefined || instance.jobs.stateOf(job) !== 'Completed') return job;
  const file = makeFile(job, instance);
  instance.usage.countExported(Buffer.byteLength(file.content));
  return instance.jobs.put({ ...job, file });
}

function makeFile(job: Job, instance: Instance): JobFile {
  const { header } = job.request as LeadExport | ActivityExport;
  const rows =
    job.kind === 'leads' ? leadRows(job.request as LeadExport, instance) : activityRows(job.request as ActivityExport, instance);
  const { text, records } = tableText(job.format, header, rows);
  return { content: text, records, checksum: `sha256:${createHash('sha256').update(text).digest('hex')}` };
}

function render(instance: Instance, job: Job): object {
  const state = instance.jobs.stateOf(job);
  const { file, queuedAt, startsAt, finishesAt } = job;
  return {
    exportId: job.id,
    format: job.format,
    status: state === 'Cancelled' ? instance.settings.switches.cancelledAs : state,
    createdAt: formatDateTime(job.createdAt),
    ...(queuedAt !== undefined && { queuedAt: formatDateTime(queuedAt) }),
    ...(startsAt !== undefined && ['Processing', 'Completed'].includes(state) && { startedAt: formatDateTime(startsAt) }),
    ...(finishesAt !== undefined && state === 'Completed' && { finishedAt: formatDateTime(finishesAt) }),
    ...(file !== undefined && {
      numberOfRecords: file.records,
      fileSize: Buffer.byteLength(file.content),
      fileChecksum: file.checksum,
    }),
  };
}
