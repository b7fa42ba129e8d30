/** One access token per side, asked for when it is needed and shared by every call until it has run out. */
import type { Clock, Failure, Result } from '../core/ports';

export interface TokenSource {
  /** A token that has not run out; callers at the same time share one request for it. */
  token(): Promise<Result<string>>;
  /** Forgets a token that the vendor refused; a newer one is kept, and a request for one that is under way goes on. */
  invalidate(token: string): void;
}

export interface Grant {
  readonly token: string;
  /** Counted from when it was asked for. */
  readonly goodForSec: number;
}

/** Holds what was granted last; `grant` asks the vendor, once per call, and says why it granted nothing. */
export function holdToken(options: { readonly grant: () => Promise<Result<Grant>>; readonly clock: Clock }): TokenSource {
  const { grant, clock } = options;
  let held: { readonly token: string; readonly goodUntilMs: number } | undefined;
  let pending: Promise<Result<string>> | undefined;

  const fetchToken = async (): Promise<Result<string>> => {
    const askedAtMs = clock.now().getTime();
    const granted = await grant();
    if ('failure' in granted) return { failure: withoutBlame(granted.failure) };
    const { token, goodForSec } = granted.ok;
    held = { token, goodUntilMs: askedAtMs + goodForSec * 1_000 };
    return { ok: token };
  };

  return {
    async token() {
      if (held !== undefined && clock.now().getTime() < held.goodUntilMs) return { ok: held.token };
      pending ??= fetchToken().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    invalidate(token) {
      if (held?.token === token) held = undefined;
    },
  };
}

/** No token means that nothing was asked of the vendor's data, whatever became of the token request. */
function withoutBlame({ outcomeUnknown: _ignored, ...failure }: Failure): Failure {
  return failure;
}
