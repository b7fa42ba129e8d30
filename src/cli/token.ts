import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config/env';
import { CliError } from './errors';

export interface OperatorToken {
  readonly value: string;
  /** Where it was found, for the person whose token is refused. */
  readonly source: string;
}

/** The token of the settings, else the one that `npm start` keeps in its data directory. Throws a CliError when there is none. */
export function findToken({ operatorToken, dataDir }: Pick<Settings, 'operatorToken' | 'dataDir'>): OperatorToken {
  if (operatorToken !== undefined) return { value: operatorToken, source: 'MDSYNC_OPERATOR_TOKEN' };
  const file = join(dataDir, 'operator-token');
  const value = read(file);
  if (value !== '') return { value, source: file };
  throw new CliError(
    'noToken',
    `There is no operator token: MDSYNC_OPERATOR_TOKEN is not set, and ${file} cannot be read.\n` +
      'Set the variable, or call this in the directory where `npm start` runs (MDSYNC_DATA_DIR names another data directory).',
  );
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
