/** The two custom activity types that tell Marketo's users, on the person, what the sync did or could not do. */
import type { WantedActivityType } from '../core/ports';

export const ACTIVITY = { request: 'syncPersonToMicrosoft', rejected: 'microsoftSyncRejected' } as const;

/** The attribute of each type that names its occurrence, so that an unknown answer can be looked up before it is sent again. */
export const REFERENCE = { request: 'requestId', rejected: 'rejectionId' } as const;

const text = (apiName: string, name: string) => ({ apiName, name, dataType: 'string' });

export const ACTIVITY_TYPES: readonly WantedActivityType[] = [
  {
    apiName: ACTIVITY.request,
    name: 'Sync Person to Microsoft',
    triggerName: 'Is Synced to Microsoft',
    filterName: 'Was Synced to Microsoft',
    description: 'A campaign asked for this person to be created in Microsoft Dynamics, and this is how it ended',
    primary: { apiName: 'operation', name: 'Operation' },
    attributes: [
      text('syncAs', 'Sync As'),
      text('assignTo', 'Assign To'),
      text('microsoftId', 'Microsoft Id'),
      text('reason', 'Reason'),
      text(REFERENCE.request, 'Request Id'),
    ],
  },
  {
    apiName: ACTIVITY.rejected,
    name: 'Microsoft Sync Rejected',
    triggerName: 'Microsoft Sync Is Rejected',
    filterName: 'Microsoft Sync Was Rejected',
    description: 'A value was refused on its way between Marketo and Microsoft Dynamics; the other values went through',
    primary: { apiName: 'field', name: 'Field' },
    attributes: [
      text('direction', 'Direction'),
      text('table', 'Table'),
      text('code', 'Code'),
      { apiName: 'message', name: 'Message', dataType: 'text' },
      text(REFERENCE.rejected, 'Rejection Id'),
    ],
  },
];
