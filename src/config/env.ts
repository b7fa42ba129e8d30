/** Every setting of every process: read here from the environment once, checked, and passed on as a value. Nothing else reads it. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { NamedToken } from './namedTokens';
import { address, hostNames, namedTokens, oneOf, httpUrl, portNumber, postgresUrl, text, token, whole } from './settingTypes';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The environment as a schema; order and wording are those of the table in the README. */
const environment = z.object({
  MARKETO_BASE_URL: httpUrl('Marketo REST endpoint, such as https://123-ABC-456.mktorest.com. Unset: the local sandbox.'),
  MARKETO_CLIENT_ID: text('Client id of the LaunchPoint service the sync uses.'),
  MARKETO_CLIENT_SECRET: text('Its client secret.'),
  MARKETO_MUNCHKIN_ID: text('Munchkin id of the instance, such as 123-ABC-456. Unset: the one in MARKETO_BASE_URL.'),
  MARKETO_TIMEOUT_MS: whole(95_000, 1_000, 600_000, 'How long one Marketo call may take. Marketo itself gives up after 90 s.'),
  MARKETO_CALLS_PER_20S: whole(
    50,
    1,
    10_000,
    'Share of the 100 calls per 20 s that Marketo grants to all integrations together.',
  ),
  MARKETO_CONCURRENCY: whole(5, 1, 10, 'Share of the 10 calls at once that Marketo grants to all integrations together.'),

  DATAVERSE_URL: httpUrl('Dynamics 365 environment, such as https://contoso.crm.dynamics.com. Unset: the local sandbox.'),
  DATAVERSE_TENANT_ID: text('Microsoft Entra tenant of the environment.'),
  DATAVERSE_CLIENT_ID: text('Application (client) id of the app registration the sync uses.'),
  DATAVERSE_CLIENT_SECRET: text('Its client secret.'),
  DATAVERSE_AUTHORITY: httpUrl('Where tokens come from; national clouds have their own.', 'https://login.microsoftonline.com'),
  DATAVERSE_TIMEOUT_MS: whole(
    120_000,
    1_000,
    600_000,
    'How long one Dynamics call may take. Dynamics itself gives up after 120 s.',
  ),
  DATAVERSE_REQUESTS_PER_5MIN: whole(
    5_400,
    1,
    1_000_000,
    'Share of the 6,000 requests per 5 minutes that Dynamics grants one user.',
  ),
  DATAVERSE_CONCURRENCY: whole(8, 1, 52, 'Dynamics requests at once.'),

  DATABASE_URL: postgresUrl(
    'PostgreSQL of the store, postgres://user:password@host:5432/name. Unset: `npm start` brings its own.',
  ),

  TEMPORAL_ADDRESS: address(
    'Temporal server, host:port; other TEMPORAL_* variables as the Temporal SDK reads them. Unset: `npm start` brings its own.',
  ),
  TEMPORAL_CLI_PATH: text('The `temporal` binary for `npm start`, when it is not on PATH.'),

  MDSYNC_DATA_DIR: text('Where `npm start` keeps its data.', '.mdsync'),
  MDSYNC_MAPPING: text('Your mapping file. Unset: the built-in mapping.'),
  MDSYNC_GATEWAY_TOKEN: token('Bearer token of Marketo campaigns. Unset: `npm start` makes one in `<data dir>/gateway-token`.'),
  MDSYNC_GATEWAY_TOKENS: namedTokens(
    'More tokens of campaigns, as `name:token` with commas between them. The name says in logs who asked; several are valid side by side.',
  ),
  MDSYNC_GATEWAY_TOKENS_FILE: text(
    'A file with more of them, one `name:token` a line. It is read again when it changes, without a restart.',
  ),
  MDSYNC_OPERATOR_TOKEN: token('Bearer token of operators. Unset: `npm start` makes one in `<data dir>/operator-token`.'),
  MDSYNC_CALLBACK_HOSTS: hostNames(
    'Hosts besides `*.adobe.io` that flow steps may answer to over https, with commas; `127.0.0.1` stands for this machine.',
  ),
  MDSYNC_GATEWAY_HOST: text('Address the gateway listens on.', '127.0.0.1'),
  MDSYNC_GATEWAY_PORT: portNumber(3300, 'Webhook, flow step, operator API and health.'),
  MDSYNC_MARKETO_SANDBOX_PORT: portNumber(3301, 'Local Marketo.'),
  MDSYNC_DATAVERSE_SANDBOX_PORT: portNumber(3302, 'Local Dynamics.'),
  MDSYNC_POSTGRES_PORT: portNumber(3303, 'PostgreSQL that `npm start` brings.'),
  MDSYNC_TEMPORAL_PORT: portNumber(7233, 'Temporal server that `npm start` brings.'),
  MDSYNC_TEMPORAL_UI_PORT: portNumber(8233, 'Temporal Web UI that `npm start` brings.'),
  MDSYNC_DELETE_GRACE_SEC: whole(
    600,
    0,
    86_400,
    'How long a person missing in Marketo is waited for before it counts as deleted: a merge looks like a delete at first.',
  ),
  MDSYNC_LOG_LEVEL: oneOf(LOG_LEVELS, 'info', 'How much is logged.'),
  MDSYNC_OVERLAP_EVERY_CYCLES: whole(
    6,
    1,
    1_000,
    'Every so many cycles the recent past is read again, for entries that arrived late.',
  ),
  MDSYNC_HISTORY_DAYS: whole(90, 1, 3_650, 'How many days decisions, refusals and requests that ended are kept.'),
});
type Environment = z.infer<typeof environment>;
type Variable = keyof Environment;

export interface MarketoSettings {
  /** Without a trailing slash or `/rest`. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly timeoutMs: number;
  readonly callsPer20s: number;
  readonly concurrency: number;
}

export interface DataverseSettings {
  /** Without a trailing slash or `/api/data/...`. */
  readonly url: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly authority: string;
  readonly timeoutMs: number;
  readonly requestsPer5min: number;
  readonly concurrency: number;
}

export interface Settings {
  /** Absent: no real Marketo is named, `npm start` uses the sandbox. */
  readonly marketo?: MarketoSettings;
  /** Absent: no real Dynamics is named, `npm start` uses the sandbox. */
  readonly dataverse?: DataverseSettings;
  /** Marketo's name for the instance, where the settings tell it. */
  readonly munchkinId?: string;
  readonly databaseUrl?: string;
  readonly dataDir: string;
  /** Downloads that outlive a data directory. */
  readonly cacheDir: string;
  readonly ports: {
    readonly gateway: number;
    readonly marketoSandbox: number;
    readonly dataverseSandbox: number;
    readonly postgres: number;
    readonly temporal: number;
    readonly temporalUi: number;
  };
  readonly gatewayHost: string;
  /** Hosts that flow steps may answer to, besides Adobe's own. */
  readonly callbackHosts: readonly string[];
  readonly gatewayToken?: string;
  /** More tokens of campaigns, by name. */
  readonly gatewayTokens: readonly NamedToken[];
  readonly gatewayTokensFile?: string;
  readonly operatorToken?: string;
  readonly mappingFile?: string;
  readonly logLevel: LogLevel;
  readonly temporal: { readonly address?: string; readonly cliPath?: string };
  readonly overlapEveryCycles: number;
  readonly deleteGraceSec: number;
  readonly historyDays: number;
}

/** One row of the settings table. */
export interface SettingRow {
  readonly name: string;
  readonly default?: string;
  readonly description: string;
}

/** What each setting is for, with its default: the README table is made from this. */
export const SETTINGS: readonly SettingRow[] = Object.entries(environment.shape).map(([name, schema]) => {
  const fallback = schema.safeParse(undefined).data;
  // A list is empty by default, which is nothing to show.
  const shown = typeof fallback === 'string' || typeof fallback === 'number' ? { default: String(fallback) } : {};
  return { name, description: schema.description ?? '', ...shown };
});

/** Thrown when settings are missing or wrong. Lists every problem with its variable and fix, and no value. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(readonly problems: readonly string[]) {
    super(`The settings need attention:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/** Settings that make sense only together. */
const GROUPS: readonly (readonly Variable[])[] = [
  ['MARKETO_BASE_URL', 'MARKETO_CLIENT_ID', 'MARKETO_CLIENT_SECRET'],
  ['DATAVERSE_URL', 'DATAVERSE_TENANT_ID', 'DATAVERSE_CLIENT_ID', 'DATAVERSE_CLIENT_SECRET'],
];
const PORTS = Object.keys(environment.shape).filter((name) => name.endsWith('_PORT')) as Variable[];

/**
 * Checks the environment and returns the settings. Throws one `SettingsError` with all problems; values are never quoted.
 * A blank variable counts as unset, because compose files pass on `NAME=` for what nobody filled in.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(
    Object.keys(environment.shape).flatMap((name) => {
      const value = env[name]?.trim();
      return value ? [[name, value]] : [];
    }),
  );
  const parsed = environment.safeParse(given);
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`);
  problems.push(...halfSet(given));
  if (parsed.success) problems.push(...clashes(parsed.data));
  if (!parsed.success || problems.length > 0) throw new SettingsError(problems);
  return settingsOf(parsed.data, env['XDG_CACHE_HOME']?.trim() || join(homedir(), '.cache'));
}

/** The settings of this process. */
export function settingsOfThisProcess(): Settings {
  return readSettings(process.env);
}

function halfSet(given: Readonly<Record<string, string>>): string[] {
  return GROUPS.flatMap((group) => {
    const missing = group.filter((name) => given[name] === undefined);
    if (missing.length === 0 || missing.length === group.length) return [];
    const present = group.filter((name) => given[name] !== undefined).join(', ');
    return missing.map(
      (name) => `${name} is missing while ${present} is set: set it too, or unset the others to use the local sandbox.`,
    );
  });
}

function clashes(values: Environment): string[] {
  const problems = PORTS.flatMap((name, index) => {
    const other = PORTS.slice(0, index).find((earlier) => values[earlier] === values[name]);
    return other ? [`${name} is the same port as ${other}: give each its own.`] : [];
  });
  const { MDSYNC_GATEWAY_TOKEN: campaigns, MDSYNC_GATEWAY_TOKENS: named, MDSYNC_OPERATOR_TOKEN: operators } = values;
  if (operators !== undefined && operators === campaigns)
    problems.push('MDSYNC_OPERATOR_TOKEN is the same as MDSYNC_GATEWAY_TOKEN: campaigns must not be able to act as operators.');
  if (named.some(({ value }) => value === operators))
    problems.push('MDSYNC_OPERATOR_TOKEN is among MDSYNC_GATEWAY_TOKENS: campaigns must not be able to act as operators.');
  return problems;
}

function settingsOf(values: Environment, cacheHome: string): Settings {
  const marketo = values.MARKETO_BASE_URL && {
    baseUrl: values.MARKETO_BASE_URL.replace(/\/(?:rest|identity)$/, ''),
    clientId: values.MARKETO_CLIENT_ID ?? '',
    clientSecret: values.MARKETO_CLIENT_SECRET ?? '',
    timeoutMs: values.MARKETO_TIMEOUT_MS,
    callsPer20s: values.MARKETO_CALLS_PER_20S,
    concurrency: values.MARKETO_CONCURRENCY,
  };
  const dataverse = values.DATAVERSE_URL && {
    url: values.DATAVERSE_URL.replace(/\/api(?:\/data)?(?:\/v[\d.]+)?$/, ''),
    tenantId: values.DATAVERSE_TENANT_ID ?? '',
    clientId: values.DATAVERSE_CLIENT_ID ?? '',
    clientSecret: values.DATAVERSE_CLIENT_SECRET ?? '',
    authority: values.DATAVERSE_AUTHORITY,
    timeoutMs: values.DATAVERSE_TIMEOUT_MS,
    requestsPer5min: values.DATAVERSE_REQUESTS_PER_5MIN,
    concurrency: values.DATAVERSE_CONCURRENCY,
  };
  return {
    ...(marketo && { marketo }),
    ...(dataverse && { dataverse }),
    ...munchkinOf(values),
    ...(values.DATABASE_URL && { databaseUrl: values.DATABASE_URL }),
    dataDir: values.MDSYNC_DATA_DIR,
    cacheDir: join(cacheHome, 'mdsync'),
    ports: {
      gateway: values.MDSYNC_GATEWAY_PORT,
      marketoSandbox: values.MDSYNC_MARKETO_SANDBOX_PORT,
      dataverseSandbox: values.MDSYNC_DATAVERSE_SANDBOX_PORT,
      postgres: values.MDSYNC_POSTGRES_PORT,
      temporal: values.MDSYNC_TEMPORAL_PORT,
      temporalUi: values.MDSYNC_TEMPORAL_UI_PORT,
    },
    gatewayHost: values.MDSYNC_GATEWAY_HOST,
    callbackHosts: values.MDSYNC_CALLBACK_HOSTS,
    ...(values.MDSYNC_GATEWAY_TOKEN && { gatewayToken: values.MDSYNC_GATEWAY_TOKEN }),
    gatewayTokens: values.MDSYNC_GATEWAY_TOKENS,
    ...(values.MDSYNC_GATEWAY_TOKENS_FILE && { gatewayTokensFile: values.MDSYNC_GATEWAY_TOKENS_FILE }),
    ...(values.MDSYNC_OPERATOR_TOKEN && { operatorToken: values.MDSYNC_OPERATOR_TOKEN }),
    ...(values.MDSYNC_MAPPING && { mappingFile: values.MDSYNC_MAPPING }),
    logLevel: values.MDSYNC_LOG_LEVEL,
    temporal: {
      ...(values.TEMPORAL_ADDRESS && { address: values.TEMPORAL_ADDRESS }),
      ...(values.TEMPORAL_CLI_PATH && { cliPath: values.TEMPORAL_CLI_PATH }),
    },
    overlapEveryCycles: values.MDSYNC_OVERLAP_EVERY_CYCLES,
    deleteGraceSec: values.MDSYNC_DELETE_GRACE_SEC,
    historyDays: values.MDSYNC_HISTORY_DAYS,
  };
}

/** Marketo names the REST endpoint of an instance after its Munchkin id. */
function munchkinOf({ MARKETO_MUNCHKIN_ID: given, MARKETO_BASE_URL: baseUrl }: Environment): { munchkinId?: string } {
  const munchkinId = given ?? /^https:\/\/(\d{3}-[a-z]{3}-\d{3})\./i.exec(baseUrl ?? '')?.[1]?.toUpperCase();
  return munchkinId === undefined ? {} : { munchkinId };
}
