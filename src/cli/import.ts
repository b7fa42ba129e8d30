/** `mdsync import` */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { readImportFile } from '../core/importFile';
import type { ImportProblem, ImportReport, ImportRow } from '../core/imports';
import { type Context, type GlobalOptions, openContext } from './context';
import { CliError, EXIT } from './errors';
import { importText } from './text/import';

interface Options extends GlobalOptions {
  readonly check?: boolean;
}

const PAIRS_PER_CALL = 5_000;
/** Whoever has more to mend mends these first. */
const MAX_SHOWN = 20;

export function importCommand(): Command {
  return new Command('import')
    .summary('bring along pairs from another sync: who is who')
    .description(
      'Reads a CSV file of person id, table (contact or lead) and GUID, with or without a header, and makes a pair of each line. What the ' +
        'two hold is read and decided when their turn comes, in lane backfill. Repeating it changes nothing: an import that was broken off is simply started again.',
    )
    .argument('<file>', 'the CSV file')
    .option('--check', 'import nothing: say what is wrong with the file, and what would be imported')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const check = options.check === true;
      const context = openContext(options);
      const { rows, problems } = readImportFile(read(file));
      if (problems.length > 0) throw unreadable(file, problems);
      if (rows.length === 0) throw new CliError('emptyFile', `${file} has no line with a pair.`);
      const report = await send(context, rows, check);
      context.screen.result(report, (done) => importText(file, done, check, context.screen.colors));
      process.exitCode = report.problems.length === 0 ? EXIT.done : EXIT.failed;
    });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new CliError('unreadableFile', `${file} cannot be read (${code}).`);
  }
}

function unreadable(file: string, problems: readonly ImportProblem[]): CliError {
  const shown = problems.slice(0, MAX_SHOWN).map(({ line, message }) => `  ${file}:${line} ${message}`);
  const more = problems.length > MAX_SHOWN ? [`  ... and ${problems.length - MAX_SHOWN} more`] : [];
  return new CliError('wrongFile', ['Nothing was imported:', ...shown, ...more].join('\n'));
}

async function send({ gateway, screen }: Context, rows: readonly ImportRow[], check: boolean): Promise<ImportReport> {
  let sum: ImportReport = { imported: 0, known: 0, problems: [] };
  for (let from = 0; from < rows.length; from += PAIRS_PER_CALL) {
    screen.waiting(`${from} of ${rows.length} pairs ...`);
    const part = await gateway.importPairs(rows.slice(from, from + PAIRS_PER_CALL), check);
    sum = {
      imported: sum.imported + part.imported,
      known: sum.known + part.known,
      problems: [...sum.problems, ...part.problems],
    };
  }
  return sum;
}

const EXAMPLES = `
Do it before the first cycle, so that nobody is matched by e-mail who is known by id; "mdsync plan" then shows what
would be written.

Exit code: 0 all lines are pairs now; 1 some contradict what is there; 2 the file has mistakes (nothing was imported),
or no gateway.

Examples:
  $ mdsync import pairs.csv --check
  $ mdsync import pairs.csv
  $ head -2 pairs.csv
  personId,table,microsoftId
  1042,contact,6c9f1d3e-0d3b-ee11-be6d-002248aa0001`;
