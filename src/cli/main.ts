#!/usr/bin/env node
/** `mdsync`: what engineers ask of a running sync. It talks to the gateway only. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { SettingsError } from '../config/env';
import { doctorCommand } from './doctor';
import { CliError, EXIT, type ExitCode } from './errors';
import { eraseCommand } from './erase';
import { explainCommand } from './explain';
import { importCommand } from './import';
import { mappingCommand } from './mapping';
import { planCommand } from './plan';
import { retryCommand } from './retry';
import { reviewCommand } from './review';
import { setupCommand } from './setup';
import { statusCommand } from './status';

function createProgram(): Command {
  const program = new Command('mdsync')
    .description('Keeps Marketo and Dynamics 365 the same. This tool shows how the sync stands, and retries what failed.')
    .version(version(), '--version')
    .option('--gateway <url>', 'the gateway to talk to (default: the one of `npm start`, http://127.0.0.1:3300)')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', EXAMPLES)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(mdsync --help shows what there is)')
    .exitOverride();
  for (const command of [
    statusCommand(),
    retryCommand(),
    explainCommand(),
    reviewCommand(),
    planCommand(),
    doctorCommand(),
    importCommand(),
    eraseCommand(),
    mappingCommand(),
    setupCommand(),
  ]) {
    program.addCommand(inheriting(command, program));
  }
  return program;
}

/** A command that was made apart knows nothing of how errors end here; nor do its own commands. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inheriting(inner, command);
  return command;
}

const EXAMPLES = `
The operator token comes from MDSYNC_OPERATOR_TOKEN, or from the data directory of \`npm start\` (.mdsync, or
MDSYNC_DATA_DIR). Colours are for terminals, and not with NO_COLOR.

Examples:
  $ mdsync status                        how the sync stands
  $ mdsync retry 1042                    sync one person now, and say what happened
  $ mdsync retry --all                   try everything again that failed or was refused
  $ mdsync explain 1042                  what happened to one person, and why
  $ mdsync review list                   what waits for a person to decide
  $ mdsync plan                          what the next cycle would write, and why
  $ mdsync doctor                        what is in the way of the sync, and how to mend it
  $ mdsync import pairs.csv              bring along who is who from another sync
  $ mdsync erase 1042 --yes              forget a person on request
  $ mdsync setup                         create in Marketo what the sync needs
  $ mdsync retry --help                  more about one command`;

/** The package stands two directories above the compiled program. */
function version(): string {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { readonly version: string };
  return version;
}

async function main(args: readonly string[]): Promise<void> {
  // `mdsync --help | head -1` closes the pipe before we are through.
  process.stdout.on('error', () => undefined);
  const program = createProgram();
  try {
    await program.parseAsync(args);
  } catch (error) {
    process.exitCode = tell(error, args.includes('--json'));
  }
}

/** Says what went wrong on standard error, for people or as JSON; answers the exit code. */
function tell(error: unknown, json: boolean): ExitCode {
  if (error instanceof CommanderError) {
    // It has said so itself; `--help` and `--version` come by here too.
    return error.exitCode === 0 ? EXIT.done : EXIT.unusable;
  }
  if (error instanceof CliError) return say(error.code, error.message, error.exitCode);
  if (error instanceof SettingsError) return say('badSettings', error.message, EXIT.unusable);
  throw error;

  function say(code: string, message: string, exitCode: ExitCode): ExitCode {
    process.stderr.write(`${json ? JSON.stringify({ error: code, message }) : message}\n`);
    return exitCode;
  }
}

void main(process.argv);
