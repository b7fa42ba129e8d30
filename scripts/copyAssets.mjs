// tsc emits only what it compiles; the YAML and data files that the program reads at run time are copied beside it, and what an older
// source left there is taken away.
import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';

const target = process.argv[2] ?? 'dist';
const copied = new Set(['.yaml', '.tsv', '.json', '.html', '.svg']);
cpSync('src', target, {
  recursive: true,
  filter: (source) => extname(source) === '' || copied.has(extname(source)),
});

// Made by bundleWorkflows.mjs, from all of it.
const kept = new Set(['workflowBundle.js']);
for (const file of readdirSync(target, { recursive: true })) {
  const source = join('src', file);
  const sources = [source, source.replace(/\.js(\.map)?$/, '.ts')];
  if (!kept.has(file) && !sources.some((one) => existsSync(one))) rmSync(join(target, file), { recursive: true, force: true });
}

// Called by name, by `npx mdsync`.
chmodSync(`${target}/cli/main.js`, 0o755);
