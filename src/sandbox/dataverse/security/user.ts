/** Who is calling. */
export interface User {
  /** Of the systemuser row. */
  readonly id: string;
  readonly clientId: string;
  /** The user that `/_sandbox/column-security` and `/_sandbox/privileges` are about. */
  readonly isSync: boolean;
  /** The application that acts for this user, when it does. */
  readonly behalfOf?: string;
}
