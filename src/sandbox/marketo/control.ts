/** The controls of the Marketo sandbox alone. */
import { z } from 'zod';
import type { Control } from '../control';
import { newCampaign } from './campaigns/store';
import { runWebhookCampaign, webhookRun } from './campaigns/webhook';
import type { Instance } from './instance';
import { defineCustomObject, newCustomObjectType } from './objects/custom/type';

const limits = z.strictObject({
  callsPer20s: z.int().positive().optional(),
  concurrent: z.int().positive().optional(),
  daily: z.int().nonnegative().optional(),
});

const switches = z.strictObject({
  nativeCrm: z.enum(['none', 'dynamics', 'salesforce']).optional(),
  nulls: z.enum(['carried', 'omitted']).optional(),
  activityIds: z.enum(['present', 'missing']).optional(),
  queryToken: z.boolean().optional(),
  cancelledAs: z.enum(['Cancelled', 'Canceled']).optional(),
});

export function registerMarketoControl(control: Control, instance: () => Instance): void {
  control('POST', 'limits', limits, (change) => instance().settings.adjustLimits(given(change)));
  control('POST', 'switches', switches, (change) => instance().settings.adjustSwitches(given(change)));
  control('POST', 'partitions', z.strictObject({ name: z.string().min(1), accessible: z.boolean().default(true) }), (body) =>
    instance().partitions.define(body.name, body.accessible),
  );
  control('POST', 'lists', z.strictObject({ name: z.string().min(1) }), ({ name }) => instance().lists.create(name));
  control('POST', 'activities/late', z.strictObject({ times: z.int().positive(), delaySeconds: z.number().positive() }), (body) =>
    instance().log.holdBack(body.times, body.delaySeconds),
  );
  control('POST', 'activities/short-pages', z.strictObject({ times: z.int().positive(), size: z.int().nonnegative() }), (body) =>
    instance().feedPages.shorten(body.times, body.size),
  );
  control('POST', 'custom-objects', newCustomObjectType, (type) => defineCustomObject(instance(), type));
  control('POST', 'campaigns', newCampaign, (campaign) => instance().campaigns.create(campaign));
  control('POST', 'campaigns/webhook', webhookRun, (run) => runWebhookCampaign(instance(), run));
}

/** Without the members that were left out, which must not overwrite anything. */
function given<T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
