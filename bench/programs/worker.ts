/** A worker as the product runs it, with the empty children beside its own workflows: `worker.js <workflow bundle>`. */
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { settingsOfThisProcess } from '../../src/config/env';
import { createLog } from '../../src/log';
import { createWorkers } from '../../src/temporal/workers';
import { wire } from '../../src/wiring';

async function main(codePath: string): Promise<void> {
  const settings = settingsOfThisProcess();
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: ['SIGTERM'] });
  const wired = await wire(settings, createLog(settings, 'worker'));
  const connection = await NativeConnection.connect({ address: settings.temporal.address ?? '' });
  const workers = await createWorkers({
    connection,
    workflowBundle: { codePath },
    activities: wired.activities,
    shutdownGraceTime: '5 seconds',
  });
  await workers.run();
  await connection.close();
  await wired.close();
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
