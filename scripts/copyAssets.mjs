// tsc emits only what it compiles; the YAML and data files that the program reads at run time are copied beside it.
import { chmodSync, cpSync } from 'node:fs';
import { extname } from 'node:path';

const target = process.argv[2] ?? 'dist';
const copied = new Set(['.yaml', '.tsv', '.json', '.html', '.svg']);
cpSync('src', target, {
  recursive: true,
  filter: (source) => extname(source) === '' || copied.has(extname(source)),
});

// Called by name, by `npx mdsync`.
chmodSync(`${target}/cli/main.js`, 0o755);
