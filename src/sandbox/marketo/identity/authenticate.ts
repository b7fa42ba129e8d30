/** Who is calling: the bearer token of the header. The query parameter `access_token` was retired in August 2026. */
import type { Sent } from '../http/call';
import { MarketoError } from '../http/envelope';
import type { Settings } from '../settings';
import type { Caller } from './callers';
import { TOKEN_PATH } from './endpoint';
import type { Tokens } from './tokens';

/** Throws 600, 601, 602. */
export function authenticate(sent: Sent, tokens: Tokens, settings: Settings): Caller {
  const token = bearerToken(sent) ?? (settings.switches.queryToken ? sent.query.get('access_token') : null);
  if (!token) throw new MarketoError('600', 'Empty access token');
  return tokens.check(token);
}

/** The caller's client id for counts and faults, whether or not the token is still good. */
export function nameCaller(sent: Sent, tokens: Tokens): string | undefined {
  if (sent.path === TOKEN_PATH) return sent.parameters.get('client_id') ?? undefined;
  return tokens.ownerOf(bearerToken(sent) ?? '')?.clientId;
}

const bearerToken = ({ headers }: Sent): string | undefined => /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
