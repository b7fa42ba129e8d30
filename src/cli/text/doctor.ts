/** What the doctor found: one line for what is well, and what it means and how to mend it for the rest. */
import type { Check } from '../../core/doctor';
import type { Colors } from '../../embedded/progress';
import type { DoctorAnswer } from '../../gateway/operatorDoctor';
import { count } from '../words';

export function doctorText({ checks }: DoctorAnswer, colors: Colors): string {
  const paint = { ok: colors.green, warning: colors.yellow, problem: colors.red } as const;
  const lines = checks.flatMap(({ status, title, finding, fix }) => [
    `${paint[status](status.padEnd(8))} ${colors.bold(title)}`,
    `${' '.repeat(9)}${finding}`,
    ...(fix === undefined ? [] : [`${' '.repeat(9)}${colors.cyan(fix)}`]),
  ]);
  return [...lines, '', summary(checks, colors)].join('\n');
}

function summary(checks: readonly Check[], colors: Colors): string {
  const number = (wanted: Check['status']): number => checks.filter(({ status }) => status === wanted).length;
  const problems = number('problem');
  const warnings = number('warning');
  const also = warnings === 0 ? '' : `, ${count(warnings, 'warning')}`;
  return problems === 0
    ? colors.green(`Nothing must be mended${also}.`)
    : colors.red(`${count(problems, 'problem')} must be mended${also}.`);
}
