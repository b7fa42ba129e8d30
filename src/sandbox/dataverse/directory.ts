/** The tenant: its applications, and the users of the organisation. The ids are the same in every sandbox. */
import { guidOf } from './metadata/ids';

export const TENANT = 'sandbox';
export const TENANT_ID = guidOf('tenant');
export const ORGANIZATION_ID = guidOf('organization');
export const BUSINESS_UNIT_ID = guidOf('businessunit');
export const CURRENCY_ID = guidOf('currency', 'USD');
export const LANGUAGE_CODE = 1033;
export const SYNC_USER_ID = guidOf('user', 'sync-app');

/** An app registration. */
export interface Application {
  readonly clientId: string;
  readonly secret: string;
  readonly objectId: string;
  /** The application user in the organisation; the last application has none. */
  readonly userId: string | undefined;
}

export const APPLICATIONS: readonly Application[] = [
  { clientId: 'sync-app', secret: 'sync-secret', objectId: guidOf('object', 'sync-app'), userId: SYNC_USER_ID },
  { clientId: 'sales-app', secret: 'sales-secret', objectId: guidOf('object', 'sales-app'), userId: guidOf('user', 'sales-app') },
  { clientId: 'stranger-app', secret: 'stranger-secret', objectId: guidOf('object', 'stranger-app'), userId: undefined },
];

export const applicationOf = (clientId: string): Application | undefined =>
  APPLICATIONS.find((application) => application.clientId === clientId);

export interface DirectoryUser {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly title: string;
  readonly disabled: boolean;
  readonly objectId: string;
  readonly application: boolean;
}

/** People who own rows; the last one has left. */
const PEOPLE = [
  { firstName: 'Olivia', lastName: 'Owner', title: 'Account Executive', disabled: false },
  { firstName: 'Sam', lastName: 'Seller', title: 'Account Executive', disabled: false },
  { firstName: 'Kim', lastName: 'Keeper', title: 'Sales Manager', disabled: false },
  { firstName: 'Dora', lastName: 'Disabled', title: 'Account Executive', disabled: true },
];

export const USERS: readonly DirectoryUser[] = [
  // Application users carry a number sign before the application's name.
  applicationUser('sync-app', '#', 'Marketo Sync', 'sync-app@sandbox.example.com'),
  applicationUser('sales-app', 'Sally', 'Sales', 'sales-app@sandbox.example.com'),
  ...PEOPLE.map((person) => {
    const email = `${person.firstName}.${person.lastName}@sandbox.example.com`.toLowerCase();
    return { ...person, id: guidOf('user', email), email, objectId: guidOf('object', email), application: false };
  }),
];

function applicationUser(clientId: string, firstName: string, lastName: string, email: string): DirectoryUser {
  const { userId, objectId } = applicationOf(clientId) as Application;
  const id = userId as string;
  return { id, firstName, lastName, email, title: 'Application user', disabled: false, objectId, application: true };
}
