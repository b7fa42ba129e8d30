/** Gathers what the screen shows. */
import { join, relative } from 'node:path';
import { sandboxedSides, sandboxUrls } from '../config/embeddedEnv';
import { readSettings, type Settings } from '../config/env';
import { SCHEDULE_ID } from '../temporal/names';
import type { BroughtUp } from './bringUp';
import { makeExamples } from './examples';
import { ourUrl } from './house';
import type { Place, ScreenFacts } from './screen';

const DEFAULTS = readSettings({});

/** Paths as a person in the working directory would write them; absolute when they lie elsewhere. */
export async function screenFacts(settings: Settings, dataDir: string, { status, ready }: BroughtUp): Promise<ScreenFacts> {
  const fromHere = relative(process.cwd(), dataDir);
  const dir = fromHere.startsWith('..') ? dataDir : fromHere;
  const cli = cliOf(settings, dir);
  const gatewayToken = settings.gatewayToken ? '$MDSYNC_GATEWAY_TOKEN' : `$(cat '${join(dir, 'gateway-token')}')`;
  const bothSandboxed = sandboxedSides(settings).length === 2;
  return {
    headline: headlineOf(status.pairs, ready, bothSandboxed, cli),
    places: placesOf(settings, dir),
    examples: ready && bothSandboxed ? await makeExamples({ settings, gatewayToken, cli }) : [],
    problems: status.problems,
    cli,
    logDir: join(dir, 'logs'),
  };
}

function headlineOf(pairs: number, ready: boolean, bothSandboxed: boolean, cli: string): string {
  if (ready) return `Ready: ${pairs} pairs are in sync.`;
  return bothSandboxed
    ? `Everything runs, but the first cycle is not through yet: ${cli} status says why.`
    : `Everything runs. Before the first cycle: ${['doctor', 'setup', 'plan'].map((name) => `${cli} ${name}`).join(', ')}.`;
}

function placesOf(settings: Settings, dir: string): readonly Place[] {
  const { ports } = settings;
  const webUi = `${ourUrl(ports.temporalUi)}/namespaces/default`;
  const sandboxes = sandboxUrls(settings);
  return [
    ...(settings.temporal.address
      ? [{ name: 'Temporal', address: settings.temporal.address, remark: 'named by TEMPORAL_ADDRESS' }]
      : [
          { name: 'Temporal Web UI', address: `${webUi}/workflows`, remark: 'every run, by outcome' },
          {
            name: 'Schedule',
            address: `${webUi}/schedules/${SCHEDULE_ID}`,
            remark: 'a cycle every five minutes; Trigger runs one now',
          },
        ]),
    {
      name: 'Gateway',
      address: ourUrl(ports.gateway),
      remark: `/health; tokens in ${dir}/gateway-token and ${dir}/operator-token`,
    },
    settings.marketo
      ? { name: 'Marketo', address: settings.marketo.baseUrl }
      : { name: 'Marketo sandbox', address: sandboxes.marketo, remark: 'marketing-client / marketing-secret' },
    settings.dataverse
      ? { name: 'Dynamics', address: settings.dataverse.url }
      : { name: 'Dynamics sandbox', address: sandboxes.dynamics, remark: 'sales-app / sales-secret' },
    settings.databaseUrl
      ? { name: 'PostgreSQL', address: 'named by DATABASE_URL' }
      : {
          name: 'PostgreSQL',
          address: `postgres://mdsync@127.0.0.1:${ports.postgres}/mdsync`,
          remark: `password in ${dir}/postgres-password`,
        },
  ];
}

/** The CLI finds gateway and token by the same settings as we do. */
function cliOf({ ports }: Settings, dir: string): string {
  const changed = [
    dir === DEFAULTS.dataDir ? [] : `MDSYNC_DATA_DIR='${dir}'`,
    ports.gateway === DEFAULTS.ports.gateway ? [] : `MDSYNC_GATEWAY_PORT=${ports.gateway}`,
  ].flat();
  return [...changed, 'npx mdsync'].join(' ');
}
