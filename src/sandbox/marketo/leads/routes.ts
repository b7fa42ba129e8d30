/** The endpoints of people. */
import type { Route } from '../http/router';
import { mergeLeads } from './merge';
import { getPartitions, updatePartitions } from './partitions';
import { getLead, getLeadsByFilter } from './read';
import { deleteLeads } from './remove';
import { syncLeads } from './write';

export const leadRoutes: readonly Route[] = [
  { method: 'GET', path: '/rest/v1/lead/{id}.json', answer: getLead },
  { method: 'GET', path: '/rest/v1/leads.json', answer: getLeadsByFilter },
  { method: 'POST', path: '/rest/v1/leads.json', answer: syncLeads },
  // Not in the documentation, but seen in clients.
  { method: 'DELETE', path: '/rest/v1/leads.json', answer: deleteLeads },
  { method: 'POST', path: '/rest/v1/leads/delete.json', answer: deleteLeads },
  { method: 'POST', path: '/rest/v1/leads/{id}/merge.json', answer: mergeLeads },
  { method: 'GET', path: '/rest/v1/leads/partitions.json', answer: getPartitions },
  { method: 'POST', path: '/rest/v1/leads/partitions.json', answer: updatePartitions },
];
