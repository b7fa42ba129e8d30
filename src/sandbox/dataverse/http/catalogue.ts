/**
 * The errors a sync meets, as Dataverse numbers and words them. `{0}` stands for what the case fills in.
 * Codes and texts are Microsoft's table of error codes; the HTTP status is not in it and comes from the page on HTTP requests
 * where that names a class, else from what clients have seen.
 */
export interface CatalogueEntry {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

export const CATALOGUE = {
  requiredFieldMissing: { code: '0x80040200', status: 400, message: 'Required field missing.' },
  invalidArgument: { code: '0x80040203', status: 400, message: 'Invalid argument.' },
  invalidAssigneeId: { code: '0x80040210', status: 400, message: 'Invalid assignee id.' },
  unExpected: { code: '0x80040216', status: 500, message: 'An unexpected error occurred.' },
  objectDoesNotExist: { code: '0x80040217', status: 404, message: 'The specified object was not found.' },
  privilegeDenied: { code: '0x80040220', status: 403, message: 'The user does not hold the necessary privileges.' },
  isvUnExpected: { code: '0x80040224', status: 500, message: 'An unexpected error occurred from ISV code.' },
  userNotEnabled: {
    code: '0x80040225',
    status: 403,
    message: 'The specified user is either disabled or is not a member of any business unit.',
  },
  cannotDeleteDueToAssociation: {
    code: '0x80040227',
    status: 405,
    message: 'The object you tried to delete is associated with another object and cannot be deleted.',
  },
  invalidOwnerID: { code: '0x80040229', status: 400, message: 'The owner ID is invalid or missing.' },
  cannotUpdateBecauseItIsReadOnly: {
    code: '0x8004022e',
    status: 400,
    message: 'The object cannot be updated because it is read-only.',
  },
  principalPrivilegeDenied: {
    code: '0x80040231',
    status: 403,
    message: 'Target user or team does not hold required privileges.',
  },
  invalidState: { code: '0x80040233', status: 400, message: 'The object is not in a valid state to perform this operation.' },
  duplicateRecord: { code: '0x80040237', status: 412, message: 'A record with matching key values already exists.' },
  invalidDateTime: {
    code: '0x80040239',
    status: 400,
    message: 'The date-time format is invalid, or value is outside the supported range.',
  },
  isvAborted: { code: '0x80040265', status: 400, message: 'ISV code aborted the operation.' },
  invalidCharactersInField: {
    code: '0x80040278',
    status: 400,
    message: "The field '{0}' contains one or more invalid characters.",
  },
  checkPrivilegeFailed: { code: '0x80040299', status: 403, message: 'CrmCheckPrivilege failed.' },
  duplicateRecordsFound: {
    code: '0x80040333',
    status: 412,
    message: 'A record was not created or updated because a duplicate of the current record already exists.',
  },
  leadAlreadyInClosedState: { code: '0x80040519', status: 400, message: 'The lead is already closed.' },
  genericSqlError: { code: '0x80044150', status: 500, message: 'Generic SQL error.' },
  sqlTimeoutExpired: { code: '0x80044151', status: 500, message: 'SQL timeout expired.' },
  sandboxClientPluginTimeout: {
    code: '0x80044171',
    status: 500,
    message: 'The plug-in execution failed because the operation has timed-out at the Sandbox Client.',
  },
  sandboxHostPluginTimeout: {
    code: '0x80044172',
    status: 500,
    message: 'The plug-in execution failed because the operation has timed-out at the Sandbox Host.',
  },
  sandboxWorkerPluginTimeout: {
    code: '0x80044173',
    status: 500,
    message: 'The plug-in execution failed because the operation has timed-out at the Sandbox Worker.',
  },
  sandboxWorkerNotAvailable: {
    code: '0x8004418d',
    status: 503,
    message: 'The plug-in execution failed because no Sandbox Worker processes are currently available. Please try again.',
  },
  picklistValueOutOfRange: { code: '0x8004431a', status: 400, message: 'The picklist value is out of the range.' },
  integerValueOutOfRange: {
    code: '0x8004432f',
    status: 400,
    message: 'A validation error occurred. An integer provided is outside of the allowed values for this attribute.',
  },
  decimalValueOutOfRange: {
    code: '0x80044330',
    status: 400,
    message: 'A validation error occurred. A decimal value provided is outside of the allowed values for this attribute.',
  },
  stringLengthTooLong: {
    code: '0x80044331',
    status: 400,
    message: 'A validation error occurred. A string value provided is too long.',
  },
  couldNotObtainLockOnResource: {
    code: '0x80044339',
    status: 500,
    message:
      'Database resource lock could not be obtained. For more information, see http://docs.microsoft.com/dynamics365/customer-engagement/customize/best-practices-workflow-processes#limit-the-number-of-workflows-that-update-the-same-entity',
  },
  expiredVersionStamp: {
    code: '0x80044352',
    status: 400,
    message: 'Version stamp associated with the client has expired. Please perform a full sync.',
  },
  mergeSecurityError: {
    code: '0x80045301',
    status: 403,
    message: 'Merge is not allowed: caller does not have the privilege or access.',
  },
  mergeEntityNotActiveError: {
    code: '0x80045304',
    status: 400,
    message: 'Merge cannot be performed on entity that is inactive.',
  },
  mergeEntitiesIdenticalError: {
    code: '0x80045305',
    status: 400,
    message: 'Merge cannot be performed on master and sub-entities that are identical.',
  },
  accessDenied: {
    code: '0x80048306',
    status: 403,
    message: 'Not enough privilege to access the Microsoft Dynamics 365 object or perform the requested operation.',
  },
  invalidStateCodeStatusCode: {
    code: '0x80048408',
    status: 400,
    message: 'State code is invalid or state code is valid but status code is invalid for a specified state code.',
  },
  solutionImportCauseTimeout: {
    code: '0x80048543',
    status: 503,
    message:
      'The operation timed out. This may be because a solution is currently being imported into this environment. Please try again after the solution import is completed. Solutions should be imported outside of working hours if possible.',
  },
  dBUpgradeCauseTimeout: {
    code: '0x80048553',
    status: 503,
    message: 'The operation timed out. The database of this environment is being upgraded. Please try again later.',
  },
  payloadError: { code: '0x80048d19', status: 400, message: 'Error identified in Payload provided by the user.' },
  organizationDisabled: {
    code: '0x8004a104',
    status: 403,
    message:
      'The Dynamics 365 organization you are attempting to access is currently disabled.  Please contact your system administrator',
  },
  cannotActOnBehalfOfAnotherUser: {
    code: '0x8004a110',
    status: 403,
    message: 'User does not have the privilege to act on behalf another user.',
  },
  attributePrivilegeCreateIsMissing: {
    code: '0x8004f502',
    status: 403,
    message: 'The user does not have create permissions to a secured field. The requested operation could not be completed.',
  },
  attributePermissionReadIsMissing: {
    code: '0x8004f504',
    status: 403,
    message: 'The user does not have read permissions to a secured field. The requested operation could not be completed.',
  },
  attributePermissionUpdateIsMissingDuringUpdate: {
    code: '0x8004f507',
    status: 403,
    message:
      "The user doesn't have AttributePrivilegeUpdate and not granted shared access for a secured attribute during update operation",
  },
  throttling: { code: '0x8005f103', status: 429, message: 'Too many requests.' },
  concurrencyVersionMismatch: {
    code: '0x80060882',
    status: 412,
    message: "The version of the existing record doesn't match the RowVersion property provided.",
  },
  concurrencyVersionNotProvided: {
    code: '0x80060883',
    status: 400,
    message: 'The RowVersion property must be provided when the value of ConcurrencyBehavior is IfVersionMatches.',
  },
  oDataUriError: { code: '0x80060888', status: 400, message: 'A failure occurred while the request was read.' },
  crmHttpError: { code: '0x8006088a', status: 400, message: 'A failure occurred in the Web API.' },
  optimisticConcurrencyNotEnabled: {
    code: '0x8006088d',
    status: 400,
    message:
      "Optimistic concurrency isn't enabled for entity type {0}. The IfVersionMatches value of ConcurrencyBehavior can only be used if optimistic concurrency is enabled.",
  },
  entityKeyNotDefined: {
    code: '0x80060890',
    status: 400,
    message: 'The specified key attributes are not a defined key for the {0} entity',
  },
  recordNotFoundByEntityKey: {
    code: '0x80060891',
    status: 404,
    message: 'A record with the specified key values does not exist in {0} entity',
  },
  duplicateRecordEntityKey: {
    code: '0x80060892',
    status: 412,
    message:
      'Entity Key {0} violated. A record with the same value for {1} already exists. A duplicate record cannot be created. Select one or more unique values and try again.',
  },
  throttlingTimeExceededError: {
    code: '0x80072321',
    status: 429,
    message:
      'Combined execution time of incoming requests exceeded limit of {0} milliseconds over time window of {1} seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.',
  },
  throttlingBurstRequestLimitExceededError: {
    code: '0x80072322',
    status: 429,
    message: 'Number of requests exceeded the limit of {0} over time window of {1} seconds.',
  },
  throttlingConcurrencyLimitExceededError: {
    code: '0x80072326',
    status: 429,
    message: 'Number of concurrent requests exceeded the limit of {0}.',
  },
  dSSThrottlingConcurrencyLimitExceededError: {
    code: '0x80072327',
    status: 429,
    message: 'Number of concurrent requests exceeded the limit.',
  },
  changeTrackingNotEnabledForEntity: {
    code: '0x80072491',
    status: 400,
    message: "Entity {0} isn't enabled for change tracking.",
  },
  userNotMemberOfOrg: { code: '0x80072560', status: 403, message: 'The user is not a member of the organization.' },
  cannotQualifyLead: {
    code: '0x80081018',
    status: 400,
    message:
      "You can't qualify this lead because you don't have permission to create accounts. Work with your system administrator to create the account and then try again.",
  },
  sandboxWorkerPluginExecuteTimeout: {
    code: '0x80081111',
    status: 500,
    message: 'Didn’t receive a response from the {0} plug-in within the 2:20-minute limit.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorName = keyof typeof CATALOGUE;

const BY_CODE = new Map<string, CatalogueEntry>(Object.values(CATALOGUE).map((entry) => [entry.code, entry]));

/** The entry of a hexadecimal code in any letter case; `undefined` for one that no sync is expected to meet. */
export const entryOfCode = (code: string): CatalogueEntry | undefined => BY_CODE.get(code.toLowerCase());
