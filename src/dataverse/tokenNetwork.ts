/** MSAL's way to the token service: our HTTP with its time limit, and a memory of what was answered last. */
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { type HttpClient, type HttpResult, parseJson } from '../remote/http';
import { isObject } from './json';

export interface TokenNetwork {
  /** The authority as MSAL takes it, without a slash at its end. */
  readonly authority: string;
  readonly client: INetworkModule;
  /** The last answer, or why there was none; `undefined` when nobody was asked. */
  last(): HttpResult | undefined;
}

/**
 * MSAL insists on https, for the authority and for everything that the authority says of itself. A service on this machine speaks plain
 * http (settings allow no other): MSAL sees it as https, and both its addresses are exchanged here.
 */
export function createTokenNetwork({ authority, http }: { readonly authority: string; readonly http: HttpClient }): TokenNetwork {
  const actual = authority.replace(/\/+$/, '');
  const secure = actual.replace(/^http:/i, 'https:');
  let last: HttpResult | undefined;

  async function send<T>(method: string, url: string, options: NetworkRequestOptions = {}): Promise<NetworkResponse<T>> {
    const result = await http.send({
      method,
      url: url.replace(secure, actual),
      headers: { Accept: 'application/json', ...options.headers },
      body: options.body,
    });
    last = result;
    // MSAL turns whatever is thrown here into an error of its own; what it was is told by `last`.
    if ('failure' in result) throw new Error(result.failure.code);
    const { status, headers, text } = result.answer;
    const body = parseJson(text.replaceAll(actual, secure));
    if (!isObject(body)) throw new Error(`HTTP ${status} without JSON`);
    return { status, headers: { ...headers }, body: body as T };
  }

  return {
    authority: secure,
    client: {
      sendGetRequestAsync: (url, options) => send('GET', url, options),
      sendPostRequestAsync: (url, options) => send('POST', url, options),
    },
    last: () => last,
  };
}
