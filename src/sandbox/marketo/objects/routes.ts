/** The endpoints of companies, sales persons, opportunities with their roles, and custom objects. */
import type { Route } from '../http/router';
import { customObjectKind, listCustomObjects } from './custom/kind';
import { COMPANY, SALES_PERSON } from './kinds';
import { OPPORTUNITY, OPPORTUNITY_ROLE } from './opportunities';
import { describeObjects, getObjects, type KindOf } from './read';
import { deleteObjects, syncObjects } from './write';

const routesOf = (path: string, kindOf: KindOf): readonly Route[] => [
  { method: 'GET', path: `/rest/v1/${path}/describe.json`, answer: describeObjects(kindOf) },
  { method: 'GET', path: `/rest/v1/${path}.json`, answer: getObjects(kindOf) },
  { method: 'POST', path: `/rest/v1/${path}.json`, answer: syncObjects(kindOf) },
  { method: 'POST', path: `/rest/v1/${path}/delete.json`, answer: deleteObjects(kindOf) },
];

export const objectRoutes: readonly Route[] = [
  ...routesOf('companies', () => COMPANY),
  ...routesOf('salespersons', () => SALES_PERSON),
  ...routesOf('opportunities', () => OPPORTUNITY),
  ...routesOf('opportunities/roles', () => OPPORTUNITY_ROLE),
  { method: 'GET', path: '/rest/v1/customobjects.json', answer: listCustomObjects },
  ...routesOf('customobjects/{apiName}', customObjectKind),
];
