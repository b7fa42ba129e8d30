/** The endpoint of campaigns. */
import type { Route } from '../http/router';
import { requestCampaign } from './request';

export const campaignRoutes: readonly Route[] = [
  { method: 'POST', path: '/rest/v1/campaigns/{campaignId}/trigger.json', answer: requestCampaign },
];
