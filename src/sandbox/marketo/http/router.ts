/** Which endpoint a request is for. */
import type { Instance } from '../instance';
import type { Call } from './call';
import { type Answer, MarketoError } from './envelope';

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As in the documentation, with `{...}` for what varies. */
  readonly path: string;
  readonly answer: (call: Call, instance: Instance) => Answer;
}

export interface Match {
  readonly route: Route;
  readonly segments: readonly string[];
}

export type Router = (method: string, path: string) => Match | MarketoError;

/** Finds the route; 605 when only the method is wrong, 610 when nothing is at that path. Fixed paths win over variable ones. */
export function createRouter(routes: readonly Route[]): Router {
  const compiled = routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  compiled.sort((a, b) => Number(a.route.path.includes('{')) - Number(b.route.path.includes('{')));
  return (method, path) => {
    let pathExists = false;
    for (const { route, pattern } of compiled) {
      const found = pattern.exec(path);
      if (found === null) continue;
      if (route.method === method) return { route, segments: found.slice(1).map(decode) };
      pathExists = true;
    }
    return pathExists
      ? new MarketoError('605', 'HTTP Method not supported')
      : new MarketoError('610', 'Requested resource not found');
  };
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '([^/]+?)')}$`);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
