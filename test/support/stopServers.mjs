// Jest's globalTeardown, called once per project too: the first call stops the servers, the others find them gone.
export default async function stopServers() {
  const started = globalThis.mdsyncTestServers;
  globalThis.mdsyncTestServers = undefined;
  await (await started)?.stop();
}
