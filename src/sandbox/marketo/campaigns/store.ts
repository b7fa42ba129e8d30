/** Smart campaigns that can be requested through the API. Marketo makes them on its screens: here the control API does. */
import { z } from 'zod';
import type { Journal } from '../../journal';
import { webhookRun } from './webhook';

export const newCampaign = z.strictObject({
  name: z.string().min(1),
  type: z.enum(['trigger', 'batch']).default('trigger'),
  active: z.boolean().default(true),
  /** Whether it has the trigger "Campaign is Requested" with the source "Web Service API". */
  isRequestable: z.boolean().default(true),
  /** The one step its flow may have. */
  webhook: webhookRun.omit({ name: true, campaignId: true, leadIds: true }).optional(),
});

export type Campaign = z.output<typeof newCampaign> & { readonly id: number };

export interface Campaigns {
  get(id: number): Campaign | undefined;
  create(campaign: z.output<typeof newCampaign>): Campaign;
}

const FIRST_ID = 3001;

export function createCampaigns(journal: Journal): Campaigns {
  const campaigns = journal.table<Campaign>('campaigns');
  return {
    get: (id) => campaigns.get(String(id)),
    create(wanted) {
      const campaign = { id: FIRST_ID + campaigns.size, ...wanted };
      campaigns.set(String(campaign.id), campaign);
      return campaign;
    },
  };
}
