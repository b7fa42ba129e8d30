/** The endpoints of bulk extracts. Their base has no `/rest`. */
import type { Route } from '../http/router';
import { cancelJob, createJob, enqueueJob, getJobFile, getJobStatus, listJobs } from './endpoints';
import type { JobKind } from './jobs';

const routesOf = (kind: JobKind): readonly Route[] => {
  const base = `/bulk/v1/${kind}/export`;
  return [
    { method: 'GET', path: `${base}.json`, answer: listJobs(kind) },
    { method: 'POST', path: `${base}/create.json`, answer: createJob(kind) },
    { method: 'POST', path: `${base}/{exportId}/enqueue.json`, answer: enqueueJob(kind) },
    { method: 'POST', path: `${base}/{exportId}/cancel.json`, answer: cancelJob(kind) },
    { method: 'GET', path: `${base}/{exportId}/status.json`, answer: getJobStatus(kind) },
    { method: 'GET', path: `${base}/{exportId}/file.json`, answer: getJobFile(kind) },
  ];
};

export const bulkRoutes: readonly Route[] = [...routesOf('leads'), ...routesOf('activities')];
