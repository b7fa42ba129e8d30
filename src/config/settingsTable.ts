import { SETTINGS } from './env';

/** The settings as the Markdown table that stands in the README. */
export function settingsTable(): string {
  const rows = SETTINGS.map((row) => `| \`${row.name}\` | ${row.default ? `\`${row.default}\`` : ''} | ${row.description} |`);
  return ['| variable | default | what it is for |', '| --- | --- | --- |', ...rows, ''].join('\n');
}
