/** What became of a file of pairs. */
import type { ImportReport } from '../../core/imports';
import type { Colors } from '../../embedded/progress';
import { count } from '../words';

export function importText(file: string, { imported, known, problems }: ImportReport, check: boolean, colors: Colors): string {
  return [
    colors.green(
      `${count(imported, 'pair')} ${check ? 'would be ' : ''}imported${known === 0 ? '' : `, ${count(known, 'pair')} there already`}.`,
    ),
    ...problems.map(({ line, message }) => colors.red(`${file}:${line} ${message}`)),
    ...(imported === 0 || check ? [] : ['What they hold is decided with the next cycles: mdsync plan shows it first.']),
  ].join('\n');
}
