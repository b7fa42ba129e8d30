// tsc emits only what it compiles; the YAML and data files that the program reads at run time are copied beside it.
import { chmodSync, cpSync } from 'node:fs';
import { extname } from 'node:path';

const copied = new Set(['.yaml', '.tsv', '.json', '.html', '.svg']);
cpSync('src', 'dist', {
  recursive: true,
  filter: (source) => extname(source) === '' || copied.has(extname(source)),
});

// Called by name, by `npx mdsync`.
chmodSync('dist/cli/main.js', 0o755);
