/** The endpoints of activities. */
import type { Route } from '../http/router';
import { addCustomActivities } from './addCustom';
import { customTypeRoutes } from './customTypeRoutes';
import { getActivities, getActivityTypes, getDeletedLeads, getLeadChanges, getPagingToken } from './read';

export const activityRoutes: readonly Route[] = [
  { method: 'GET', path: '/rest/v1/activities.json', answer: getActivities },
  { method: 'GET', path: '/rest/v1/activities/leadchanges.json', answer: getLeadChanges },
  { method: 'GET', path: '/rest/v1/activities/deletedleads.json', answer: getDeletedLeads },
  { method: 'GET', path: '/rest/v1/activities/pagingtoken.json', answer: getPagingToken },
  { method: 'GET', path: '/rest/v1/activities/types.json', answer: getActivityTypes },
  { method: 'POST', path: '/rest/v1/activities/external.json', answer: addCustomActivities },
  ...customTypeRoutes,
];
