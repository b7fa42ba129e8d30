/** What `mdsync doctor` looks at, and what it finds. */
import { SIDE_LABEL } from './rules';
import type { SideName } from './types';

export interface Check {
  /** Stable, for programs: `dynamics.access`, say. */
  readonly name: string;
  /** What was looked at. */
  readonly title: string;
  /** A warning leaves the sync running, with less than was asked for; a problem must be mended. */
  readonly status: 'ok' | 'warning' | 'problem';
  /** What it means, in a plain sentence. Names fields and columns, never a value. */
  readonly finding: string;
  /** What to do about it; absent when all is well, or when the finding says so itself. */
  readonly fix?: string;
}

export interface DoctorReport {
  readonly checks: readonly Check[];
}

type About = Pick<Check, 'name' | 'title'>;

export const ok = (about: About, finding: string): Check => ({ ...about, status: 'ok', finding });
export const warning = (about: About, finding: string, fix?: string): Check => ({
  ...about,
  status: 'warning',
  finding,
  ...(fix === undefined ? {} : { fix }),
});
export const problem = (about: About, finding: string, fix?: string): Check => ({
  ...warning(about, finding, fix),
  status: 'problem',
});

/** Says so instead of leaving it out: what cannot be looked at may be in the way as well. */
export const notChecked = (about: About, unanswered: readonly SideName[]): Check =>
  warning(
    about,
    `Not checked, because ${unanswered.map((side) => SIDE_LABEL[side]).join(' and ')} could not be asked.`,
    'Mend what is said about that first, then ask again.',
  );
