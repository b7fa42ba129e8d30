/** The statistics of calls. */
import type { Route } from '../http/router';
import { getErrors, getUsage } from './usage';

export const usageRoutes: readonly Route[] = [
  { method: 'GET', path: '/rest/v1/stats/usage.json', answer: getUsage(1) },
  { method: 'GET', path: '/rest/v1/stats/usage/last7days.json', answer: getUsage(7) },
  { method: 'GET', path: '/rest/v1/stats/errors.json', answer: getErrors(1) },
  { method: 'GET', path: '/rest/v1/stats/errors/last7days.json', answer: getErrors(7) },
];
