/** The local Marketo and Dynamics, for the sides that the settings name no real system for. */
import { sandboxedSides, sandboxUrls } from '../config/embeddedEnv';
import type { Settings } from '../config/env';
import type { SideName } from '../core/types';
import type { House } from './house';
import { requireFreePort } from './processes';
import { startProgram } from './programs';
import { seedOnce } from './seed';

const GRACE_MS = 2_000;

interface Sandbox {
  /** As people call it. */
  readonly label: string;
  /** As the sandbox program calls it. */
  readonly argument: string;
  readonly port: number;
  readonly variable: string;
  readonly url: string;
}

function sandboxesOf(settings: Settings): readonly Sandbox[] {
  const { marketoSandbox, dataverseSandbox } = settings.ports;
  const urls = sandboxUrls(settings);
  const all: Readonly<Record<SideName, Omit<Sandbox, 'url'>>> = {
    marketo: { label: 'Marketo', argument: 'marketo', port: marketoSandbox, variable: 'MDSYNC_MARKETO_SANDBOX_PORT' },
    dynamics: { label: 'Dynamics', argument: 'dataverse', port: dataverseSandbox, variable: 'MDSYNC_DATAVERSE_SANDBOX_PORT' },
  };
  return sandboxedSides(settings).map((side) => ({ ...all[side], url: urls[side] }));
}

/** Throws when a port that a sandbox needs is taken. */
export async function requireSandboxPorts(settings: Settings): Promise<void> {
  for (const { label, port, variable } of sandboxesOf(settings)) await requireFreePort(port, `the local ${label}`, variable);
}

/** Seeds them only when both sides are sandboxes: made-up people must never reach a real system. */
export async function provideSandboxes(house: House): Promise<void> {
  const { settings, progress } = house;
  const sandboxes = sandboxesOf(settings);
  if (sandboxes.length === 0) return;
  await startProgram(house, {
    name: 'sandboxes',
    command: ['sandbox/main.js', ...sandboxes.map(({ argument }) => argument)],
    graceMs: GRACE_MS,
    probe: () => Promise.all(sandboxes.map(({ url }) => fetch(`${url}/_sandbox/calls`))),
  });
  progress.step(`Sandboxes: ${sandboxes.map(({ label, port }) => `${label} on port ${port}`).join(', ')}`);
  if (sandboxes.length === 2) await seedOnce(house);
}
