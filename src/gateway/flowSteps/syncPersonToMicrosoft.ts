/** "Sync Person to Microsoft", version 1. Frozen: what Marketo has installed does not change under running campaigns. */
import type { FlowStepService } from './service';

export const syncPersonToMicrosoft: FlowStepService = {
  path: 'sync-person-to-microsoft',
  version: '1.0.0',
  definition: {
    apiName: 'syncPersonToMicrosoft',
    i18n: {
      en_US: {
        name: 'Sync Person to Microsoft',
        // The plain words are taken, by the native step and by the activity of the sync itself.
        triggerName: 'Person is Synced to Microsoft by Flow Step',
        filterName: 'Person was Synced to Microsoft by Flow Step',
        description: 'Creates the person in Microsoft Dynamics 365 unless it is there already',
      },
    },
    primaryAttribute: 'syncAs',
    invocationPayloadDef: {
      globalAttributes: [],
      flowAttributes: [
        {
          apiName: 'syncAs',
          dataType: 'string',
          hasPicklist: true,
          enforcePicklistSelect: true,
          i18n: {
            en_US: {
              name: 'Sync As',
              description: 'What to create in Dynamics: a lead or a contact',
              uiTooltip: 'Used when the person is created; a person that is in Dynamics already stays what it is',
            },
          },
        },
        {
          apiName: 'assignTo',
          dataType: 'string',
          hasPicklist: true,
          enforcePicklistSelect: false,
          i18n: {
            en_US: {
              name: 'Assign To',
              description: 'Owner of the new lead or contact: a Dynamics user, by name, GUID or e-mail address',
              uiTooltip: 'Empty: the user the sync runs as. Tokens are welcome. The owner of an existing row is never changed',
            },
          },
        },
      ],
      // The person is read through the API when it is created, so no field of it has to travel with the call.
      fields: [],
      headers: [],
      userDrivenMapping: false,
      programContext: false,
      campaignContext: true,
      triggerContext: true,
      programMemberContext: false,
      subscriptionContext: true,
    },
    callbackPayloadDef: {
      attributes: [
        attribute('operation', 'Operation', 'created, linked, alreadySynced, queued, rejected or review'),
        attribute('microsoftId', 'Microsoft Id', 'GUID of the lead or contact in Dynamics'),
        attribute('microsoftType', 'Microsoft Type', 'What the person is in Dynamics: Lead or Contact'),
        attribute('syncAsValue', 'Sync As Value', 'What the campaign asked for, with tokens resolved'),
      ],
      fields: [
        field('microsoftId', 'GUID of the lead or contact in Dynamics'),
        field('microsoftType', 'What the person is in Dynamics: Lead or Contact'),
      ],
      userDrivenMapping: false,
    },
  },
};

function attribute(apiName: string, name: string, description: string) {
  return { apiName, dataType: 'string', i18n: { en_US: { name, description } } } as const;
}

/** The fields have the REST names that `mdsync setup` gives them. */
function field(name: string, description: string) {
  return {
    serviceAttribute: name,
    suggestedMarketoAttribute: name,
    dataType: 'string',
    description: { en_US: description },
  } as const;
}
