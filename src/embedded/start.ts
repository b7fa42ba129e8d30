/** `npm start`: the whole product on this machine, until Ctrl-C. */
import { resolve } from 'node:path';
import { sandboxedSides, sandboxUrls } from '../config/embeddedEnv';
import { type Settings, settingsOfThisProcess } from '../config/env';
import { readArguments, type StartArguments } from './arguments';
import { bringUp } from './bringUp';
import { ourUrl } from './house';
import { takeDataDir } from './leftovers';
import { colorsOf, createProgress, type Progress } from './progress';
import { screen } from './screen';
import { screenFacts } from './screenFacts';
import { createStack, type Stack } from './stack';
import { tokenOf } from './tokens';
import { startTraffic, type Traffic } from './traffic';

/** Resolves when a person asks to stop. Under npm a Ctrl-C arrives twice, as npm passes on what the terminal has sent already: once counts. */
async function stopAsked(): Promise<'asked'> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve('asked'));
  });
}

/** Answers the exit code when all has stopped: because a person asked, or, said first, because it cannot start or a part ended. */
async function run({ trafficPerMinute }: StartArguments, progress: Progress, asked: Promise<'asked'>): Promise<number> {
  const settings = settingsOfThisProcess();
  if (trafficPerMinute !== undefined) requireSandboxes(settings);
  const dataDir = resolve(settings.dataDir);
  const ledger = await takeDataDir(dataDir, (name, pid) => progress.step(`Stopped what an earlier start left: ${name} (${pid})`));
  const stack = createStack();
  let traffic: Traffic | undefined;
  try {
    const up = bringUp({ settings, dataDir, ledger, stack, progress });
    // Stopped half way, it ends with an error that nobody needs.
    up.catch(() => {});
    const first = await Promise.race([up, asked, stack.broken]);
    if (first === 'asked') return 0;
    progress.print(screen(await screenFacts(settings, dataDir, first), colorsOf(process.stdout)));
    if (trafficPerMinute !== undefined) traffic = openTraffic(settings, progress, trafficPerMinute);
    await Promise.race([asked, stack.broken]);
    return 0;
  } catch (error) {
    return complain(error);
  } finally {
    await stopTraffic(traffic, progress);
    await stopAll(stack, progress);
    ledger.release();
  }
}

/** Made-up edits must never reach a real system. */
function requireSandboxes(settings: Settings): void {
  if (sandboxedSides(settings).length === 2) return;
  throw new Error(
    '--traffic makes edits up, so it runs with the local Marketo and the local Dynamics only: unset MARKETO_* and DATAVERSE_*.',
  );
}

function openTraffic(settings: Settings, progress: Progress, perMinute: number): Traffic {
  const { marketo, dynamics } = sandboxUrls(settings);
  progress.print(`People are at work on both sides, ${perMinute} deeds a minute:\n`);
  return startTraffic({
    marketoUrl: marketo,
    dynamicsUrl: dynamics,
    gatewayUrl: ourUrl(settings.ports.gateway),
    token: tokenOf(settings, 'gateway'),
    perMinute,
    tell: (sentence) => progress.step(sentence),
  });
}

async function stopTraffic(traffic: Traffic | undefined, progress: Progress): Promise<void> {
  if (traffic !== undefined) progress.step(`People have gone home, after ${await traffic.stop()} deeds`);
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
    return await run(readArguments(process.argv.slice(2)), createProgress(process.stdout), stopAsked());
  } catch (error) {
    return complain(error);
  }
}

// A part's half-closed connection must not keep a stopped program from ending.
void main().then((code) => process.exit(code));
