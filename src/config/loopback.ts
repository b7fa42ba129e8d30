/** True when a URL leads to this machine: nothing in between may answer, and nobody else is reached. */
export function isLoopback(url: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}
