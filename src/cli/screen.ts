/** Where a command writes: text for people, or with `--json` one JSON document for programs. */
import { type Colors, colorsOf } from '../embedded/progress';

export interface Screen {
  readonly colors: Colors;
  /** For people only. */
  line(text: string): void;
  /** What is going on now: shown to people at a terminal until the next line. */
  waiting(text: string): void;
  /** The result: for people as `text` makes it, with `--json` as it is. */
  result<T>(value: T, text: (value: T) => string): void;
}

export function openScreen(out: NodeJS.WriteStream, json: boolean): Screen {
  // `mdsync status | head -1` closes the pipe before we are through.
  out.on('error', () => undefined);
  const live = out.isTTY && !json;
  const clear = live ? '\r\u001B[K' : '';
  const write = (text: string): void => void out.write(`${clear}${text}\n`);
  const colors = colorsOf(out);
  return {
    colors,
    line: (text) => {
      if (!json) write(text);
    },
    waiting: (text) => {
      if (live) out.write(`${clear}${colors.dim(text)}`);
    },
    result: (value, text) => {
      const shown = json ? JSON.stringify(value, undefined, 2) : text(value);
      if (shown !== '') write(shown);
    },
  };
}
