/** What the next cycle would write: the numbers, by field and rule, then record by record. */
import type { PlanLine, PlanSummary } from '../../core/plan';
import { ruleSentence, shown } from '../../core/sentences';
import type { Colors } from '../../embedded/progress';
import { SIDE_NAMES } from '../sides';
import { count } from '../words';

/** More than this nobody reads; `--json` has all. */
const MAX_RECORDS = 50;

export function planText(summary: PlanSummary, lines: readonly PlanLine[], colors: Colors): string {
  const records = groupBy(lines, ({ key, side, act }) => `${key} ${side} ${act}`);
  const more = records.length - MAX_RECORDS;
  return [
    ...head(summary, colors),
    ...(lines.length === 0 ? [] : ['', colors.bold('By field'), ...byField(lines)]),
    ...records.slice(0, MAX_RECORDS).flatMap((record) => ['', ...recordText(record, colors)]),
    ...(more > 0 ? ['', `... and ${count(more, 'more record')}: --json has all of them.`] : []),
  ].join('\n');
}

/** What would not be written, by the outcome of a record. */
const FORESEEN = [
  ['rejected', 'would have a value refused, which is then not sent'],
  ['review', 'would wait for somebody to choose'],
] as const;

function head({ writes, outcomes, stopped, failed }: PlanSummary, colors: Colors): readonly string[] {
  const sides = (['marketo', 'dynamics'] as const).map((side) => {
    const { created, updated, fields } = writes[side];
    const text = `${SIDE_NAMES[side].padEnd(9)} ${count(created, 'record')} created, ${updated.toLocaleString('en-US')} updated, ${count(fields, 'value')} written`;
    return created + updated === 0 ? colors.green(`${SIDE_NAMES[side].padEnd(9)} nothing would change`) : text;
  });
  return [
    ...sides,
    ...FORESEEN.flatMap(([outcome, what]) => {
      const records = outcomes[outcome] ?? 0;
      return records === 0 ? [] : [colors.yellow(`${count(records, 'record')} ${what}.`)];
    }),
    ...(failed === 0 ? [] : [colors.red(`${count(failed, 'record')} could not be decided.`)]),
    ...(stopped === undefined ? [] : [colors.red('The plan is not complete:'), ...stopped.map((sentence) => `  ${sentence}`)]),
  ];
}

function byField(lines: readonly PlanLine[]): readonly string[] {
  const groups = groupBy(lines, ({ label, side, rule, act }) => [label, side, rule ?? act].join('\n'));
  return groups
    .toSorted((a, b) => b.length - a.length)
    .flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const why = first.rule === undefined ? 'The record is new there' : ruleSentence(first.rule);
      return [`  ${String(group.length).padStart(6)}  ${first.label} to ${SIDE_NAMES[first.side]}: ${why}`];
    });
}

function recordText(record: readonly PlanLine[], colors: Colors): readonly string[] {
  const [first] = record;
  if (first === undefined) return [];
  const { side, act, marketoId, table, microsoftId, key } = first;
  const who =
    marketoId === undefined ? key : `person ${marketoId}${table === undefined ? '' : `, ${table} ${microsoftId ?? ''}`}`;
  return [
    colors.bold(`${act === 'create' ? 'Create' : 'Update'} in ${SIDE_NAMES[side]}: ${who}`),
    ...record.map(({ label, before, after, rule }) => {
      const why = rule === undefined ? '' : colors.dim(`   ${ruleSentence(rule)}`);
      return `  ${label}: ${act === 'create' ? '' : `${shown(before)} becomes `}${shown(after)}${why}`;
    }),
  ];
}

function groupBy<T>(items: readonly T[], nameOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name) ?? [];
    group.push(item);
    groups.set(name, group);
  }
  return [...groups.values()];
}
