// Workflow code runs in a sandbox of its own. Bundling it with the build, not at start, makes a worker ready seconds earlier and lets
// every process of a deployment run the very same workflow code.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const require = createRequire(import.meta.url);
const { code } = await bundleWorkflowCode({
  workflowsPath: require.resolve('../dist/workflows/index.js'),
  logger: new DefaultLogger('WARN'),
});
writeFileSync(new URL('../dist/workflowBundle.js', import.meta.url), code);
