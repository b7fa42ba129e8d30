/** How long Marketo keeps activities. */
import { type Activity, TYPE } from './log';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 25 * 30.44;

/** By type id. Not named here: 25 months. New Lead is kept for ever. */
const DAYS: Readonly<Record<number, number>> = {
  [TYPE.newLead]: Infinity,
  [TYPE.deleteLead]: 14,
  [TYPE.addToList]: 90,
  [TYPE.changeScore]: 90,
  [TYPE.changeDataValue]: 90,
  [TYPE.requestCampaign]: 90,
  // Visit Webpage, Click Link, Send Email, Email Delivered, Sync Lead to SFDC, Sync Lead to Microsoft
  1: 90,
  3: 90,
  6: 90,
  7: 90,
  19: 90,
  300: 90,
};

export const isRetained = ({ type, at }: Activity, now: number): boolean => at >= now - (DAYS[type] ?? DEFAULT_DAYS) * DAY_MS;
