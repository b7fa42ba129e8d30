/** `npm start`: the whole product on this machine, until Ctrl-C. */
import { resolve } from 'node:path';
import { settingsOfThisProcess } from '../config/env';
import { bringUp } from './bringUp';
import { takeDataDir } from './leftovers';
import { colorsOf, createProgress, type Progress } from './progress';
import { screen } from './screen';
import { screenFacts } from './screenFacts';
import { createStack, type Stack } from './stack';

/** Resolves when a person asks to stop. Under npm a Ctrl-C arrives twice, as npm passes on what the terminal has sent already: once counts. */
async function stopAsked(): Promise<'asked'> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve('asked'));
  });
}

/** Answers the exit code when all has stopped: because a person asked, or, said first, because it cannot start or a part ended. */
async function run(progress: Progress, asked: Promise<'asked'>): Promise<number> {
  const settings = settingsOfThisProcess();
  const dataDir = resolve(settings.dataDir);
  const ledger = await takeDataDir(dataDir, (name, pid) => progress.step(`Stopped what an earlier start left: ${name} (${pid})`));
  const stack = createStack();
  try {
    const up = bringUp({ settings, dataDir, ledger, stack, progress });
    // Stopped half way, it ends with an error that nobody needs.
    up.catch(() => {});
    const first = await Promise.race([up, asked, stack.broken]);
    if (first === 'asked') return 0;
    progress.print(screen(await screenFacts(settings, dataDir, first), colorsOf(process.stdout)));
    await Promise.race([asked, stack.broken]);
    return 0;
  } catch (error) {
    return complain(error);
  } finally {
    await stopAll(stack, progress);
    ledger.release();
  }
}

async function stopAll(stack: Stack, progress: Progress): Promise<void> {
  progress.waiting('Stopping');
  const stopped = await stack.stop();
  if (stopped.length > 0) progress.step(`Stopped ${stopped.join(', ')}; the data is kept`);
}

function complain(error: unknown): 1 {
  process.stderr.write(`\n${(error as Error).message}\n`);
  return 1;
}

async function main(): Promise<number> {
  try {
    return await run(createProgress(process.stdout), stopAsked());
  } catch (error) {
    return complain(error);
  }
}

// A part's half-closed connection must not keep a stopped program from ending.
void main().then((code) => process.exit(code));
