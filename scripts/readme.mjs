// Writes the settings table of README.md anew from the settings themselves. Run it after `npm run build`.
import { readFileSync, writeFileSync } from 'node:fs';

const { settingsTable } = (await import('../dist/config/settingsTable.js')).default;
const file = new URL('../README.md', import.meta.url);
const [before, , after] = readFileSync(file, 'utf8').split(/(?<=<!-- settings -->\n)([^]*)(?=<!-- end of settings -->)/);
writeFileSync(file, `${before}\n${settingsTable()}\n${after}`);
