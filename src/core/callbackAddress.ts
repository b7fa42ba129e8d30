/**
 * Where the answer of a flow step may go. The address comes with each call, so whoever has the campaigns' token could make us call
 * any machine we can reach: only Marketo's own gateway, and hosts that an administrator named, are called.
 */

/** Marketo's gateway for flow steps lives below this name. */
const MARKETO_HOSTS = '*.adobe.io';
/** In the list of hosts it stands for this machine: any port, and plain http. */
const LOOPBACK = '127.0.0.1';
const IP_LITERAL = /^(?:\d+\.\d+\.\d+\.\d+|\[.*\])$/;

/** What is wrong with a callback URL, as the rest of a sentence that begins with its name; `undefined` when it may be called. */
export function callbackUrlProblem(text: string, hosts: readonly string[]): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return 'must be a URL, such as https://mkto-cfa.adobe.io/...';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (url.hostname === LOOPBACK && hosts.includes(LOOPBACK))
    return url.protocol === 'https:' || url.protocol === 'http:' ? undefined : 'must be an http or https URL';
  if (url.protocol !== 'https:') return 'must start with https://';
  if (isCallbackHost(url.hostname, hosts)) return undefined;
  return `leads to a host that may not be called: only ${MARKETO_HOSTS} and the hosts of MDSYNC_CALLBACK_HOSTS may`;
}

/** Whether a host name, without its port, is one that flow steps may answer to over https. Addresses never are: they say nothing of who is there. */
export function isCallbackHost(name: string, hosts: readonly string[]): boolean {
  return !IP_LITERAL.test(name) && [MARKETO_HOSTS, ...hosts].some((allowed) => covers(allowed, name));
}

/** `*.example.com` covers all names below example.com, but not itself. */
function covers(allowed: string, name: string): boolean {
  return allowed.startsWith('*.') ? name.endsWith(allowed.slice(1)) && name.length > allowed.length - 1 : name === allowed;
}
