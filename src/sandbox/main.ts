/** `npm run sandbox`: the two sandboxes alone, until Ctrl-C. */
import { join } from 'node:path';
import { settingsOfThisProcess } from '../config/env';
import { createDataverseSandbox } from './dynamics';
import { createMarketoSandbox } from './marketo';

async function main(): Promise<void> {
  const { ports, dataDir } = settingsOfThisProcess();
  const fileOf = (name: string): string => join(dataDir, 'sandbox', `${name}.jsonl`);
  const marketo = await createMarketoSandbox({ file: fileOf('marketo') });
  const dataverse = await createDataverseSandbox({ file: fileOf('dataverse') });
  const close = async (): Promise<void> => {
    await Promise.all([marketo.close(), dataverse.close()]);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
  try {
    const marketoUrl = await marketo.listen(ports.marketoSandbox);
    const dataverseUrl = await dataverse.listen(ports.dataverseSandbox);
    process.stdout.write(welcome(marketoUrl, dataverseUrl));
  } catch (error) {
    await close();
    throw error;
  }
}

function welcome(marketo: string, dataverse: string): string {
  return `Marketo    ${marketo}
  callers  sync-client / sync-secret (the sync), marketing-client / marketing-secret (a marketer)
  token    curl '${marketo}/identity/oauth/token?grant_type=client_credentials&client_id=sync-client&client_secret=sync-secret'
  seed     curl -X POST ${marketo}/_sandbox/seed -d '{"people": 100}'

Dataverse  ${dataverse}
  callers  sync-app / sync-secret (the sync), sales-app / sales-secret (a salesperson), tenant "sandbox"
  token    curl ${dataverse}/sandbox/oauth2/v2.0/token -d grant_type=client_credentials -d client_id=sync-app -d client_secret=sync-secret -d scope=${dataverse}/.default
  seed     curl -X POST ${dataverse}/_sandbox/seed -d '{"contacts": 50, "leads": 50}'

Ctrl-C stops both.
`;
}

main().catch((error: unknown) => {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  const text =
    code === 'EADDRINUSE'
      ? `Port ${port} is used by another program. Stop it, or set MDSYNC_MARKETO_SANDBOX_PORT or MDSYNC_DATAVERSE_SANDBOX_PORT.`
      : message;
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
