/** What `npm start` says while it works: one line a step, with the time since the start; on a terminal also what it is waiting for. */
import pc from 'picocolors';

export interface Progress {
  /** A step is done. */
  step(text: string): void;
  /** Something goes on; shown on a terminal until the next line. */
  waiting(text: string): void;
  /** Something a person should see, such as an error of a program. */
  notice(text: string): void;
  /** Text as it is. */
  print(text: string): void;
}

interface Terminal {
  readonly isTTY?: boolean;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for a terminal alone: a file or a pipe gets plain text, whatever the environment says. */
export function colorsOf(out: Terminal): Colors {
  return pc.createColors(out.isTTY === true && pc.isColorSupported);
}

export function createProgress(out: NodeJS.WritableStream & Terminal): Progress {
  const startedAt = performance.now();
  const colors = colorsOf(out);
  // A terminal that was closed must not end us before we have stopped what runs.
  out.on('error', () => {});
  const clear = (): string => (out.isTTY ? '\r\u001B[K' : '');
  const line = (text: string): void => void out.write(`${clear()}${text}\n`);
  const elapsed = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;
  return {
    step: (text) => line(`${colors.dim(elapsed())}  ${text}`),
    waiting: (text) => {
      if (out.isTTY) out.write(`${clear()}${colors.dim(`${elapsed()}  ${text} ...`)}`);
    },
    notice: (text) => line(`${colors.dim(elapsed())}  ${colors.yellow(text)}`),
    print: line,
  };
}
