/** Every endpoint of the REST and bulk APIs. */
import { activityRoutes } from './activity/routes';
import { bulkRoutes } from './bulk/routes';
import { campaignRoutes } from './campaigns/routes';
import type { Route } from './http/router';
import { leadRoutes } from './leads/routes';
import { usageRoutes } from './limits/routes';
import { listRoutes } from './lists/routes';
import { objectRoutes } from './objects/routes';
import { schemaRoutes } from './schema/routes';

export const ROUTES: readonly Route[] = [
  ...leadRoutes,
  ...activityRoutes,
  ...schemaRoutes,
  ...listRoutes,
  ...objectRoutes,
  ...campaignRoutes,
  ...bulkRoutes,
  ...usageRoutes,
];
