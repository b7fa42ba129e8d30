/** What every command works with. */
import { type Settings, settingsOfThisProcess } from '../config/env';
import { httpUrl } from '../config/settingTypes';
import { CliError } from './errors';
import { type Gateway, openGateway } from './gateway';
import { openScreen, type Screen } from './screen';
import { findToken } from './token';

/** Options that every command has. */
export interface GlobalOptions {
  readonly gateway?: string;
  readonly json?: boolean;
}

export interface Context {
  readonly gateway: Gateway;
  readonly screen: Screen;
}

/** Throws a CliError when there is no token or no such address, a SettingsError when a variable is wrong. */
export function openContext(options: GlobalOptions): Context {
  const settings = settingsOfThisProcess();
  return {
    gateway: openGateway(gatewayUrl(options.gateway, settings), findToken(settings)),
    screen: openScreen(process.stdout, options.json ?? false),
  };
}

function gatewayUrl(given: string | undefined, { ports }: Settings): string {
  if (given === undefined) return `http://127.0.0.1:${ports.gateway}`;
  const url = httpUrl('').safeParse(given);
  if (url.data !== undefined) return url.data;
  throw new CliError('badUsage', `--gateway ${url.error?.issues[0]?.message ?? 'is missing its URL'}`);
}
