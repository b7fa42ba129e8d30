/** The endpoints of people. */
import type { Route } from '../http/router';
import { associateLead, pushLeads, submitForm } from './capture';
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
  { method: 'POST', path: '/rest/v1/leads/push.json', answer: pushLeads },
  { method: 'POST', path: '/rest/v1/leads/submitForm.json', answer: submitForm },
  { method: 'POST', path: '/rest/v1/leads/{id}/associate.json', answer: associateLead },
  { method: 'GET', path: '/rest/v1/leads/partitions.json', answer: getPartitions },
  { method: 'POST', path: '/rest/v1/leads/partitions.json', answer: updatePartitions },
];
