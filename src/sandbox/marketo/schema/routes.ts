/** The endpoints that describe people. */
import type { Route } from '../http/router';
import { createFields, updateField } from './createFields';
import { describeLead, describeLead2, getField, getFields } from './describe';

export const schemaRoutes: readonly Route[] = [
  { method: 'GET', path: '/rest/v1/leads/describe.json', answer: describeLead },
  { method: 'GET', path: '/rest/v1/leads/describe2.json', answer: describeLead2 },
  { method: 'GET', path: '/rest/v1/leads/schema/fields.json', answer: getFields },
  { method: 'POST', path: '/rest/v1/leads/schema/fields.json', answer: createFields },
  { method: 'GET', path: '/rest/v1/leads/schema/fields/{name}.json', answer: getField },
  { method: 'POST', path: '/rest/v1/leads/schema/fields/{name}.json', answer: updateField },
];
