/** A user of the local Marketo with credentials of its own: knows the vendor's API, and nothing of the sync. */

export interface MarketoUser {
  /** The items of Marketo's answer; a body makes it a POST. Rejects with Marketo's own words when it says no. */
  ask<T>(path: string, body?: object): Promise<readonly T[]>;
}

interface Envelope<T> {
  readonly success: boolean;
  readonly result?: readonly T[];
  readonly errors?: readonly { readonly code: string; readonly message: string }[];
}

/** The token is not valid, or not any more. */
const TOKEN_ENDED = ['601', '602'];

/** `url`: of the local Marketo. Its user is `marketing-client`. */
export function createMarketoUser(url: string): MarketoUser {
  let token: string | undefined;
  const login = async (): Promise<string> => {
    const grant = { grant_type: 'client_credentials', client_id: 'marketing-client', client_secret: 'marketing-secret' };
    const answer = await fetch(`${url}/identity/oauth/token?${new URLSearchParams(grant).toString()}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  return {
    async ask<T>(path: string, body?: object): Promise<readonly T[]> {
      for (let attempt = 1; ; attempt += 1) {
        token ??= await login();
        const answer = await fetch(`${url}${path}`, {
          method: body === undefined ? 'GET' : 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const { success, result = [], errors = [] } = (await answer.json()) as Envelope<T>;
        if (success) return result;
        token = undefined;
        const [error] = errors;
        if (attempt > 1 || !TOKEN_ENDED.includes(error?.code ?? ''))
          throw new Error(`Marketo says ${error?.code}: ${error?.message}`);
      }
    },
  };
}
