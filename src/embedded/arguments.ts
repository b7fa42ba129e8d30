/** What can be said to `npm start`, and what it teaches when asked for help. */
import { Command, InvalidArgumentError } from 'commander';

export interface StartArguments {
  /** Deeds a minute; absent: nobody is at work but you. */
  readonly trafficPerMinute?: number;
}

const USUAL_TRAFFIC = 30;
const MOST_TRAFFIC = 600;

/** Ends the process for `--help`, and for words that are not understood. */
export function readArguments(argv: readonly string[]): StartArguments {
  const { traffic } = command().parse(argv, { from: 'user' }).opts<{ traffic?: number | true }>();
  if (traffic === undefined) return {};
  return { trafficPerMinute: traffic === true ? USUAL_TRAFFIC : traffic };
}

export function command(): Command {
  return new Command('npm start --')
    .description(
      'Brings the whole product up on this machine, until Ctrl-C: PostgreSQL, a Temporal server, a local Marketo and a local\n' +
        'Dynamics with made-up people in them, the worker and the gateway. Nothing outside this machine is called.',
    )
    .option(
      '--traffic [per minute]',
      `a marketer and a salesperson who keep editing both sides, and campaigns that ask for people in Dynamics (${USUAL_TRAFFIC} deeds a minute)`,
      perMinute,
    )
    .helpOption('--help', 'this text')
    .addHelpText('after', HELP);
}

function perMinute(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= MOST_TRAFFIC) return number;
  throw new InvalidArgumentError(`Write a whole number from 1 to ${MOST_TRAFFIC}.`);
}

const HELP = `
Then, in another terminal in the same directory:
  npx mdsync status           how it stands
  npx mdsync explain 1042     the story of one record: who changed what, what was decided and why
  npx mdsync --help           everything else an engineer does
  npm run demo:campaign       a webhook, a trigger campaign and a batch campaign ask for people in Dynamics

Where to look (the screen says it again when all runs):
  http://127.0.0.1:8233       Temporal Web UI: every run. Filter: SyncOutcome = "rejected", MarketoId = "1042"
  http://127.0.0.1:3300       gateway: webhook, flow step, operator API; /health
  http://127.0.0.1:3301       local Marketo, as marketing-client / marketing-secret
  http://127.0.0.1:3302       local Dynamics, as sales-app / sales-secret

A cycle runs every five minutes, and whenever you trigger the Schedule in Web UI.

Examples:
  npm start                                        with nobody at work but you
  npm start -- --traffic                           with people at work
  npm start -- --traffic 200                       with many of them
  MDSYNC_DATA_DIR=/tmp/other MDSYNC_GATEWAY_PORT=4300 npm start

Data is kept in .mdsync/ (MDSYNC_DATA_DIR): stop and start as you like; delete the directory to begin anew.
README.md has all settings, and how to go on to real systems.
`;
