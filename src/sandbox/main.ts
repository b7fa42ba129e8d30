/** `npm run sandbox`: the two sandboxes alone, until Ctrl-C. */
import { join } from 'node:path';
import { settingsOfThisProcess } from '../config/env';
import { createDataverseSandbox } from './dataverse';
import { createMarketoSandbox } from './marketo';

/** With `marketo` or `dataverse` as argument that one alone. */
async function main(names: readonly string[]): Promise<void> {
  const { ports, dataDir } = settingsOfThisProcess();
  const wanted = [
    { name: 'marketo', create: createMarketoSandbox, port: ports.marketoSandbox, welcome: welcomeToMarketo },
    { name: 'dataverse', create: createDataverseSandbox, port: ports.dataverseSandbox, welcome: welcomeToDataverse },
  ].filter(({ name }) => names.length === 0 || names.includes(name));
  const sandboxes = await Promise.all(
    wanted.map(async (one) => ({ ...one, sandbox: await one.create({ file: join(dataDir, 'sandbox', `${one.name}.jsonl`) }) })),
  );
  const close = async (): Promise<void> => {
    await Promise.all(sandboxes.map(({ sandbox }) => sandbox.close()));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
  try {
    for (const { sandbox, port, welcome } of sandboxes) process.stdout.write(`${welcome(await sandbox.listen(port))}\n`);
    process.stdout.write('Ctrl-C stops it.\n');
  } catch (error) {
    await close();
    throw error;
  }
}

function welcomeToMarketo(url: string): string {
  return `Marketo    ${url}
  callers  sync-client / sync-secret (the sync), marketing-client / marketing-secret (a marketer)
  token    curl '${url}/identity/oauth/token?grant_type=client_credentials&client_id=sync-client&client_secret=sync-secret'
  seed     curl -X POST ${url}/_sandbox/seed -d '{"people": 100}'
`;
}

function welcomeToDataverse(url: string): string {
  return `Dataverse  ${url}
  callers  sync-app / sync-secret (the sync), sales-app / sales-secret (a salesperson), tenant "sandbox"
  token    curl ${url}/sandbox/oauth2/v2.0/token -d grant_type=client_credentials -d client_id=sync-app -d client_secret=sync-secret -d scope=${url}/.default
  seed     curl -X POST ${url}/_sandbox/seed -d '{"contacts": 50, "leads": 50}'
`;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  const text =
    code === 'EADDRINUSE'
      ? `Port ${port} is used by another program. Stop it, or set MDSYNC_MARKETO_SANDBOX_PORT or MDSYNC_DATAVERSE_SANDBOX_PORT.`
      : message;
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
