/** What the targets of both vendors have in common. */
import type { Log } from '../../src/core/ports';

/** Own people and rows have it, on a real system too; nobody else. */
export const LAST_NAME = 'mdsync contract test';

export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Plain HTTP, with a token. */
export async function sendRaw(
  url: string,
  { method, token, body, headers }: { method: string; token: string; body: string | undefined; headers: Record<string, string> },
): Promise<RawAnswer> {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body !== undefined && { body }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

interface Closes {
  close(): Promise<void>;
}

/** Opens a target on a sandbox of its own, which ends with it; and when it cannot be opened. */
export async function inSandbox<T extends Closes>(
  create: () => Promise<Closes & { listen(port: number): Promise<string> }>,
  open: (url: string) => Promise<T>,
): Promise<T> {
  const sandbox = await create();
  try {
    const target = await open(await sandbox.listen(0));
    const close = async (): Promise<void> => {
      try {
        await target.close();
      } finally {
        await sandbox.close();
      }
    };
    return { ...target, close };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}
