/** Where the command writes to: results on stdout, everything about a failure on stderr. */
import { once } from "node:events";
import { styleFor, type Style } from "./render/style";

/** Width that is assumed for a pipe or a file, where lines are not cut by a terminal. */
const widthOfPipe = 120;

export interface Terminal {
  readonly isTerminal: boolean;
  readonly style: Style;
  /** Columns now; a window can be resized. */
  width(): number;
  height(): number;
  line(text: string): void;
  error(text: string): void;
  /** Writes as it is, cursor sequences included. */
  raw(text: string): void;
  /** Writes as it is, and resolves when there is room for more; to false when nobody reads any longer. */
  flow(text: string): Promise<boolean>;
}

export function openTerminal(
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
  noColor?: string,
): Terminal {
  for (const stream of [stdout, stderr]) stream.on("error", passOverClosedReader);
  // A window that reports no size has 0 columns; a pipe has none at all.
  const isTerminal = stdout.isTTY && stdout.columns > 0;
  return {
    isTerminal,
    style: styleFor(isTerminal, noColor),
    width: () => (isTerminal ? stdout.columns : widthOfPipe),
    height: () => (isTerminal ? stdout.rows : Number.MAX_SAFE_INTEGER),
    line: (text) => void stdout.write(`${text}\n`),
    error: (text) => void stderr.write(`${text}\n`),
    raw: (text) => void stdout.write(text),
    flow: (text) => flow(stdout, text),
  };
}

async function flow(stdout: NodeJS.WriteStream, text: string): Promise<boolean> {
  if (!stdout.write(text) && !stdout.destroyed) {
    const ends = new AbortController();
    await Promise.race(["drain", "close"].map((event) => once(stdout, event, ends))).catch(() => undefined);
    ends.abort();
  }
  return !stdout.destroyed;
}

/** A reader that has seen enough (`sluice runs | head`) or a window that was closed is no failure of the command. */
function passOverClosedReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
}
