/** Both sandboxes in one process of their own: `sandboxes.js <Marketo port> <Dataverse port>`. Their data is in memory. */
import { createDataverseSandbox } from '../../src/sandbox/dataverse';
import { createMarketoSandbox } from '../../src/sandbox/marketo';

async function main([marketoPort, dataversePort]: readonly string[]): Promise<void> {
  const marketo = await createMarketoSandbox({});
  const dataverse = await createDataverseSandbox({});
  await marketo.listen(Number(marketoPort));
  await dataverse.listen(Number(dataversePort));
  process.once('SIGTERM', () => process.exit(0));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
