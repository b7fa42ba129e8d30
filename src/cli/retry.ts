/** `mdsync retry` */
import { Command, Option } from 'commander';
import type { RecordProgress, RetrySelector } from '../core/ports';
import { type Context, type GlobalOptions, openContext } from './context';
import { CliError, EXIT, type ExitCode } from './errors';
import { follow, type Followed } from './follow';
import { seconds } from './options';
import { type PutBack, putBack } from './putBack';
import { endedText, nothingText, startedText, summaryText } from './text/retry';
import { type Verdict, verdictOf } from './verdict';

interface Options extends GlobalOptions {
  readonly all?: boolean;
  readonly code?: string;
  readonly follow: boolean;
  readonly timeout: number;
}

/** What `--json` prints. */
interface RetryResult extends PutBack, Followed {
  readonly records: readonly (RecordProgress & { readonly verdict: Verdict })[];
}

export function retryCommand(): Command {
  return new Command('retry')
    .summary('put records back to work, and follow them to their end')
    .description(
      'Puts records back to work now: what was refused is sent again, quarantine ends, tries start anew. Both sides are read afresh, so ' +
        'nothing old is written. Then follows them and says how each ended.',
    )
    .argument('[ids...]', 'Marketo ids of people, or GUIDs of contacts and leads')
    .option('--all', 'everything that failed, was refused or is quarantined')
    .option('--code <code>', 'with --all: only what failed or was refused with this code')
    .option('--no-follow', 'return once they are back at work')
    .addOption(new Option('--timeout <seconds>', 'how long to follow').default(120).argParser(seconds))
    .addHelpText('after', EXAMPLES)
    .action(async (ids: readonly string[], _options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const selectors = selectorsOf(ids, options);
      process.exitCode = await retry(openContext(options), selectors, options);
    });
}

function selectorsOf(ids: readonly string[], { all, code }: Options): readonly RetrySelector[] {
  if ((ids.length === 0) === (all === undefined)) {
    throw new CliError('badUsage', 'Say which records: their ids, or --all for everything that failed or was refused.');
  }
  if (code !== undefined && !all) throw new CliError('badUsage', '--code goes together with --all.');
  if (all) return [code === undefined ? { all } : { all, code }];
  return [...new Set(ids)].map((id) => ({ id }));
}

async function retry({ gateway, screen }: Context, selectors: readonly RetrySelector[], options: Options): Promise<ExitCode> {
  const started = await putBack(gateway, selectors);
  const { records, unknown, cycleTriggered } = started;
  screen.line(records.length === 0 ? nothingText(unknown, screen.colors) : startedText(started, screen.colors));
  const followed = options.follow
    ? await follow(gateway, records, {
        timeoutMs: options.timeout * 1_000,
        onEnded: (record) => screen.line(endedText(record, screen.colors)),
        onLook: (ended, all) => screen.waiting(`  ${ended} of ${all} have ended ...`),
      })
    : { records, hindrances: [] };
  const result: RetryResult = {
    records: followed.records.map((record) => ({ ...record, verdict: verdictOf(record) })),
    unknown,
    cycleTriggered,
    hindrances: followed.hindrances,
  };
  screen.result(result, (value) => (options.follow && records.length > 0 ? summaryText(value, screen.colors) : ''));
  if (unknown.length > 0) return EXIT.unusable;
  return options.follow && result.records.some(({ verdict }) => verdict !== 'through') ? EXIT.failed : EXIT.done;
}

const EXAMPLES = `
Exit code: 0 all went through; 1 something failed, was refused again, or is not through yet; 2 wrong
usage, an id that the sync does not know, or no gateway.

Examples:
  # one person, by Marketo id
  $ mdsync retry 1042
  # the same, by the GUID of a contact or lead
  $ mdsync retry 6c9f1d3e-0d3b-ee11-be6d-002248aa0001
  # everything that failed or was refused
  $ mdsync retry --all
  # what was refused with one code, once its cause is mended
  $ mdsync retry --all --code 0x80040265
  # for programs
  $ mdsync retry --all --json | jq '.records[] | select(.verdict != "through")'`;
