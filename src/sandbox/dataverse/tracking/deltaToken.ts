/** `919042!08/22/2017 08:10:44`: a row version and the time it was current. */
import { uriProblem } from '../http/problem';

export interface DeltaToken {
  readonly version: number;
  /** `2017-08-22T08:10:44Z` */
  readonly time: string;
}

/** Encoded for a URL just as Dataverse does it, with small hexadecimal letters. */
export function writeDeltaToken({ version, time }: DeltaToken): string {
  const [year, month, day] = time.slice(0, 10).split('-');
  return `${version}%21${month}%2f${day}%2f${year}%20${time.slice(11, 19).replaceAll(':', '%3a')}`;
}

export function readDeltaToken(text: string): DeltaToken {
  const [, version, month, day, year, clock] = /^(\d+)!(\d\d)\/(\d\d)\/(\d{4}) (\d\d:\d\d:\d\d)$/.exec(text) ?? [];
  if (version === undefined) throw uriProblem(`The delta token '${text}' is not valid.`);
  return { version: Number(version), time: `${year}-${month}-${day}T${clock}Z` };
}
