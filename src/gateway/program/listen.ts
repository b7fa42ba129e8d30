import type { FastifyInstance } from 'fastify';

/** Opens the front doors. Rejects with the one sentence a person needs when host or port cannot be used. */
export async function listen(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as { readonly code?: string };
    const what = code === 'EADDRINUSE' ? 'is used by another program' : `cannot be opened (${code ?? 'unknown error'})`;
    const fix =
      'Stop that program, or set MDSYNC_GATEWAY_PORT to a free port and MDSYNC_GATEWAY_HOST to an address of this machine.';
    throw new Error(`Port ${port} on ${host}, meant for the gateway, ${what}. ${fix}`, { cause: error });
  }
}
