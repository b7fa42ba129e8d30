/** One Marketo instance: everything endpoints read and change. Made anew from the journal at the start and after a reset. */
import type { SandboxClock } from '../clock';
import type { Journal } from '../journal';
import { type ActivityLog, createActivityLog } from './activity/log';
import { type CustomTypes, createCustomTypes } from './activity/customTypes';
import { type FeedPages, createFeedPages } from './activity/feed';
import { createFlowSteps, type FlowSteps } from './campaigns/flowStep/store';
import { type Campaigns, createCampaigns } from './campaigns/store';
import { createJobs, type Jobs } from './bulk/jobs';
import { createTokens, type Tokens } from './identity/tokens';
import { createPartitions, type Partitions } from './leads/partitions';
import { createLeads, type Leads } from './leads/store';
import { createUsage, type Usage } from './limits/usage';
import { createLists, type Lists } from './lists/store';
import { createCustomObjects, type CustomObjects } from './objects/custom/store';
import { createObjects, type Objects } from './objects/store';
import { createFields, type Fields } from './schema/fields';
import { createSettings, type Settings } from './settings';

export interface Instance {
  readonly journal: Journal;
  readonly clock: SandboxClock;
  readonly settings: Settings;
  readonly tokens: Tokens;
  readonly usage: Usage;
  readonly fields: Fields;
  readonly leads: Leads;
  readonly partitions: Partitions;
  readonly lists: Lists;
  readonly companies: Objects;
  readonly salesPersons: Objects;
  readonly opportunities: Objects;
  readonly opportunityRoles: Objects;
  readonly customObjects: CustomObjects;
  readonly log: ActivityLog;
  readonly customTypes: CustomTypes;
  readonly feedPages: FeedPages;
  readonly campaigns: Campaigns;
  readonly flowSteps: FlowSteps;
  readonly jobs: Jobs;
}

export function createInstance(journal: Journal, clock: SandboxClock): Instance {
  return {
    journal,
    clock,
    settings: createSettings(journal),
    tokens: createTokens(journal, clock),
    usage: createUsage(journal, clock),
    fields: createFields(journal),
    leads: createLeads(journal),
    partitions: createPartitions(journal),
    lists: createLists(journal, clock),
    companies: createObjects(journal, 'companies'),
    salesPersons: createObjects(journal, 'salesPersons'),
    opportunities: createObjects(journal, 'opportunities'),
    opportunityRoles: createObjects(journal, 'opportunityRoles'),
    customObjects: createCustomObjects(journal, clock),
    log: createActivityLog(journal, clock),
    customTypes: createCustomTypes(journal, clock),
    feedPages: createFeedPages(),
    campaigns: createCampaigns(journal),
    flowSteps: createFlowSteps(journal),
    jobs: createJobs(journal, clock),
  };
}
