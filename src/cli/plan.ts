/** `mdsync plan` */
import { Command, Option } from 'commander';
import { changesNothing, type PlanLine, type PlanSummary } from '../core/plan';
import { type Context, type GlobalOptions, openContext } from './context';
import { EXIT, type ExitCode } from './errors';
import { seconds } from './options';
import { planText } from './text/plan';
import { untilReported } from './untilReported';

interface Options extends GlobalOptions {
  readonly timeout: number;
}

/** What `--json` prints. */
interface PlanResult {
  readonly summary: PlanSummary;
  readonly lines: readonly PlanLine[];
}

export function planCommand(): Command {
  return new Command('plan')
    .summary('what the next cycle would write, where and why')
    .description(
      'Runs the next cycle without writing: the feeds are read from where they stand, both sides are read, and everything is decided as ' +
        'the cycle would, on a copy of the store. Nothing is written and nothing is remembered. Shows values: it is for operators.',
    )
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait; a first load takes its time').default(3_600).argParser(seconds),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const context = openContext(options);
      context.screen.waiting('The next cycle is worked out ...');
      await untilReported(() => context.gateway.makePlan(), options.timeout * 1_000);
      const result = await readPlan(context);
      context.screen.result(result, (plan) => planText(plan.summary, plan.lines, context.screen.colors));
      process.exitCode = exitCodeOf(result.summary);
    });
}

function exitCodeOf(summary: PlanSummary): ExitCode {
  if (!changesNothing(summary)) return EXIT.unusable;
  return summary.stopped === undefined && summary.failed === 0 ? EXIT.done : EXIT.failed;
}

async function readPlan({ gateway }: Context): Promise<PlanResult> {
  const lines: PlanLine[] = [];
  for (let after = 0; ; ) {
    const page = await gateway.plan(after);
    lines.push(...page.lines);
    if (page.next === undefined) return { summary: page.summary, lines };
    after = page.next;
  }
}

const EXAMPLES = `
Exit code: 0 nothing would change; 1 it could not be worked out to the end; 2 something would change (as
diff tools say it), or wrong usage, or no gateway.

Examples:
  $ mdsync plan                                    before the first load, or after a change of the mapping
  $ mdsync plan --json | jq '.lines | group_by(.field) | map({field: .[0].field, writes: length})'`;
