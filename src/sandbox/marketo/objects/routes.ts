/** The endpoints of companies and sales persons. */
import type { Route } from '../http/router';
import { COMPANY, type ObjectKind, SALES_PERSON } from './kinds';
import { describeObjects, getObjects } from './read';
import { deleteObjects, syncObjects } from './write';

const routesOf = (kind: ObjectKind): readonly Route[] => [
  { method: 'GET', path: `/rest/v1/${kind.path}/describe.json`, answer: describeObjects(kind) },
  { method: 'GET', path: `/rest/v1/${kind.path}.json`, answer: getObjects(kind) },
  { method: 'POST', path: `/rest/v1/${kind.path}.json`, answer: syncObjects(kind) },
  { method: 'POST', path: `/rest/v1/${kind.path}/delete.json`, answer: deleteObjects(kind) },
];

export const objectRoutes: readonly Route[] = [...routesOf(COMPANY), ...routesOf(SALES_PERSON)];
