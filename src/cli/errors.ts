/** What a caller of `mdsync` reads from its exit code. */
export const EXIT = {
  done: 0,
  /** The gateway did what was asked, and it did not go well: something failed, or was refused. */
  failed: 1,
  /** Nothing could be done: wrong usage, no gateway, no token. */
  unusable: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with one message for the person who called it: what is wrong, where, what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    /** A word for programs; the gateway's own where it has one. */
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode = EXIT.unusable,
  ) {
    super(message);
  }
}
