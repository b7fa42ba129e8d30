/** What `npm start` shows when everything runs: where to look, what to try, how to stop. */
import type { Example } from './examples';
import type { Colors } from './progress';

export interface Place {
  readonly name: string;
  readonly address: string;
  readonly remark?: string;
}

export interface ScreenFacts {
  readonly headline: string;
  /** Everything that runs, in the order to show. */
  readonly places: readonly Place[];
  readonly examples: readonly Example[];
  /** What a person must do before the sync works, in sentences. */
  readonly problems: readonly string[];
  /** How the CLI is called. */
  readonly cli: string;
  readonly logDir: string;
}

export function screen(facts: ScreenFacts, colors: Colors): string {
  const width = Math.max(...facts.places.map(({ name }) => name.length));
  const places = facts.places.map(
    ({ name, address, remark }) => `  ${name.padEnd(width)}  ${colors.cyan(address)}${remark ? colors.dim(`  ${remark}`) : ''}`,
  );
  const examples = facts.examples.flatMap(({ title, command }, index) => [
    `  ${colors.bold(`${index + 1}. ${title}`)}`,
    '',
    command,
    '',
  ]);
  return [
    '',
    colors.bold(colors.green(facts.headline)),
    '',
    ...places,
    '',
    ...(facts.problems.length > 0
      ? [colors.yellow('This needs your attention:'), ...facts.problems.map((text) => `  - ${text}`), '']
      : []),
    ...(examples.length > 0 ? ['Try it, in another terminal in this directory:', '', ...examples] : []),
    `How it stands: ${facts.cli} status     Logs: ${facts.logDir}     Stop: Ctrl-C`,
    '',
  ].join('\n');
}
