/** The endpoints of static lists. */
import type { Route } from '../http/router';
import { addToList, areMembers, getList, getListLeads, getLists, removeFromList } from './endpoints';

export const listRoutes: readonly Route[] = [
  { method: 'GET', path: '/rest/v1/lists.json', answer: getLists },
  { method: 'GET', path: '/rest/v1/lists/{id}.json', answer: getList },
  { method: 'GET', path: '/rest/v1/lists/{id}/leads.json', answer: getListLeads },
  { method: 'GET', path: '/rest/v1/list/{id}/leads.json', answer: getListLeads },
  { method: 'POST', path: '/rest/v1/lists/{id}/leads.json', answer: addToList },
  { method: 'DELETE', path: '/rest/v1/lists/{id}/leads.json', answer: removeFromList },
  { method: 'GET', path: '/rest/v1/lists/{id}/leads/ismember.json', answer: areMembers },
];
