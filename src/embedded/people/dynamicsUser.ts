/** A user of the local Dynamics with credentials of its own: knows the vendor's API, and nothing of the sync. */

export interface DynamicsUser {
  /** What Dynamics answers, `undefined` where that is nothing. `path` is below the Web API. Rejects with Dynamics' own words when it says no. */
  ask<T>(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<T | undefined>;
}

/** `url`: of the local Dynamics. Its user is `sales-app`. */
export function createDynamicsUser(url: string): DynamicsUser {
  let token: string | undefined;
  const login = async (): Promise<string> => {
    const answer = await fetch(`${url}/sandbox/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'sales-app',
        client_secret: 'sales-secret',
        scope: `${url}/.default`,
      }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  return {
    async ask<T>(method: string, path: string, body?: object): Promise<T | undefined> {
      for (let attempt = 1; ; attempt += 1) {
        token ??= await login();
        const answer = await fetch(`${url}/api/data/v9.2/${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': 'application/json' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        if (answer.ok) return text === '' ? undefined : (JSON.parse(text) as T);
        token = undefined;
        if (attempt > 1 || answer.status !== 401) throw new Error(`Dynamics says ${answer.status}: ${text.slice(0, 200)}`);
      }
    },
  };
}
