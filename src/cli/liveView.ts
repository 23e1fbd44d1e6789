/** A picture that changes: redrawn in place on a terminal, told line by line where lines stay. */
import type { RunView, StepView } from "./render/runTree";
import { remark, renderRunTree, stepWord } from "./render/runTree";
import { durationOf } from "./render/duration";
import type { Terminal } from "./terminal";

export interface LiveView {
  show(run: RunView, now: Date): void;
}

/** Redraws when the whole tree fits the window; otherwise each change is a line of its own. */
export function openLiveView(terminal: Terminal): LiveView {
  const inPlace = redrawInPlace(terminal);
  const appended = appendChanges(terminal);
  return {
    show(run, now) {
      const longest = 2 * run.steps.length + 3;
      const fits = terminal.isTerminal && longest < terminal.height();
      (fits ? inPlace : appended).show(run, now);
    },
  };
}

function redrawInPlace(terminal: Terminal): LiveView {
  let drawn = 0;
  return {
    show(run, now) {
      // One column stays free: some terminals wrap as soon as the last one is written.
      const lines = renderRunTree(run, now, terminal.style, terminal.width() - 1);
      const back = drawn === 0 ? "" : `\u001b[${drawn}A\r\u001b[0J`;
      terminal.raw(`${back}${lines.join("\n")}\n`);
      drawn = lines.length;
    },
  };
}

function appendChanges(terminal: Terminal): LiveView {
  const told = new Map<string, string>();
  const tell = (key: string, status: string, text: string): void => {
    if (told.get(key) === status) return;
    told.set(key, status);
    terminal.line(text);
  };
  return {
    show(run, now) {
      for (const [index, step] of run.steps.entries()) {
        if (stepWord(step) !== "waiting") tell(String(index), stepWord(step), stepLine(step, now));
      }
      tell(
        "run",
        run.status,
        `run ${run.id}  ${run.status}  ${durationOf(run.startedAt, run.endedAt, now)}`.trimEnd(),
      );
    },
  };
}

function stepLine(step: StepView, now: Date): string {
  const duration = step.endedAt === null ? "" : durationOf(step.startedAt, step.endedAt, now);
  const parts = [`  ${step.name}`, stepWord(step), duration, remark(step)];
  return parts.filter((part) => part !== "").join("  ");
}
