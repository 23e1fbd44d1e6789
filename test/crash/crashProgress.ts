/** Tells people how far a long run of the harness is; says nothing when nobody asked. */
import type { CrashFigures, CrashReport } from "./crashRun";

export interface CrashProgress {
  readonly onKill: (figures: CrashFigures) => void;
  readonly onEnd: (figures: CrashReport["figures"], violations: readonly string[]) => void;
}

const shownViolations = 20;

/** SLUICE_CRASH_PROGRESS=1 asks for it. On a terminal one line is kept up to date, elsewhere every tenth is a line. */
export function crashProgress(kills: number, seed: number): CrashProgress {
  if (process.env["SLUICE_CRASH_PROGRESS"] !== "1")
    return { onKill: () => undefined, onEnd: () => undefined };
  const { stderr } = process;
  const step = Math.max(1, Math.round(kills / 10));
  let done = 0;
  return {
    onKill: (figures) => {
      done += 1;
      const line = `kill ${done}/${kills} (seed ${seed})  ${describe(figures)}`;
      if (stderr.isTTY) stderr.write(`\r\u001B[K${line.slice(0, stderr.columns - 1)}`);
      else if (done % step === 0) stderr.write(`${line}\n`);
    },
    onEnd: (figures, violations) => {
      const rows = Object.entries(figures).map(([name, figure]) => `  ${spaced(name).padEnd(18)} ${figure}`);
      const shown = violations.slice(0, shownViolations).map((each) => `  ${each}`);
      const title = `${violations.length} violation(s) after ${kills} kills with seed ${seed}`;
      stderr.write(`\n${[...rows, title, ...shown].join("\n")}\n`);
    },
  };
}

function describe({ orchestrations, externalEvents, rows, blobWrites }: CrashFigures): string {
  return `${orchestrations} orchestrations, ${externalEvents} events, ${rows} rows, ${blobWrites} blob writes`;
}

function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
