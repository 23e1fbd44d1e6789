/** A run and its steps as a tree, for a live view or a record. */
import { durationOf } from "./duration";
import { paintStatus, type Style } from "./style";
import { fitTo, padLeftTo, padTo, printable, textWidth } from "./textWidth";

export interface StepView {
  readonly name: string;
  /** Status word of the run history, or `Skipped` for a step that will never run. */
  readonly status: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly attempt: number;
  readonly lastLogLine: string;
  /** Why it failed, was skipped or was cancelled; empty otherwise. */
  readonly reason: string;
  /** What its last attempt took, such as `1.2 s CPU, 150 MB`; empty while it runs or when nobody knows. */
  readonly usage: string;
  /** An earlier step's result stands in for it. */
  readonly isReused: boolean;
  /** Why it was reused, or what changed so that it ran anew; empty for a first run. */
  readonly reuseReason: string;
}

export interface RunView {
  readonly id: string;
  readonly pipeline: string;
  /** Status word of the pipelines service. */
  readonly status: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly reason: string;
  readonly steps: readonly StepView[];
}

/** The tree's lines, none wider than `width`. */
export function renderRunTree(run: RunView, now: Date, style: Style, width: number): readonly string[] {
  const paint = paintStatus(style, run.status);
  const head = `${paint(run.status)}  ${durationOf(run.startedAt, run.endedAt, now)}`.trimEnd();
  const title = renderTitle(run, head, style, width);
  const nameWidth = Math.max(0, ...run.steps.map((step) => textWidth(printable(step.name))));
  const steps = run.steps.flatMap((step, index) => {
    const isLast = index === run.steps.length - 1;
    const lines = renderStep(step, nameWidth, now, style, width - 3);
    return lines.map((line, row) => `${style.dim(branch(isLast, row))} ${line}`.trimEnd());
  });
  const reason = run.reason === "" ? [] : [style.bad(fitTo(printable(run.reason), width))];
  return [title, ...steps, ...reason];
}

function branch(isLast: boolean, row: number): string {
  if (row > 0) return isLast ? "  " : "│ ";
  return isLast ? "└─" : "├─";
}

/** The id gives way where the line is too short for it. */
function renderTitle(run: RunView, head: string, style: Style, width: number): string {
  const name = `${mark(style, run.status)} ${style.bold(printable(run.pipeline))}`;
  const whole = `${name}  ${style.dim(run.id)}  ${head}`;
  return textWidth(whole) <= width ? whole : `${name}  ${head}`;
}

const statusWidth = "CancelRequested".length - 5;
const durationWidth = 8;
/** A remark with less room than this beside the step gets a line of its own. */
const leastRemark = 20;

function renderStep(
  step: StepView,
  nameWidth: number,
  now: Date,
  style: Style,
  width: number,
): readonly string[] {
  const status = stepWord(step);
  const word = padTo(paintStatus(style, step.status)(status), statusWidth);
  const duration = padLeftTo(durationOf(step.startedAt, step.endedAt, now), durationWidth);
  const start = `${mark(style, step.status)} ${padTo(printable(step.name), nameWidth)}  ${word}  ${duration}`;
  const said = remark(step);
  const paint = step.reason === "" ? style.dim : style.bad;
  const room = width - textWidth(start) - 2;
  if (said === "") return [start.trimEnd()];
  if (textWidth(said) <= room || room >= leastRemark) return [`${start}  ${paint(fitTo(said, room))}`];
  return [start.trimEnd(), `  ${paint(fitTo(said, width - 2))}`];
}

/** What is worth saying about a step besides its status. */
export function remark(step: StepView): string {
  const attempt = step.attempt > 1 ? `attempt ${step.attempt}` : "";
  const reuse = step.isReused || step.reuseReason === "" ? step.reuseReason : `ran anew: ${step.reuseReason}`;
  const said = step.reason === "" ? [reuse, step.usage, step.lastLogLine] : [step.reason];
  return [attempt, ...said.map(printable)].filter((part) => part !== "").join("; ");
}

/** The status word, in the pipelines service's vocabulary: people read one word for one thing. */
export function stepWord(step: StepView): string {
  if (step.isReused) return "Reused";
  if (step.status === "Completed") return "Finished";
  if (step.status === "NotStarted") return "waiting";
  return step.status === "Canceled" && step.attempt === 0 && step.startedAt === null
    ? "Skipped"
    : step.status;
}

function mark(style: Style, status: string): string {
  return paintStatus(style, status)(markOf(status));
}

function markOf(status: string): string {
  switch (status) {
    case "Finished":
    case "Completed":
      return "✓";
    case "Failed":
      return "✗";
    case "Canceled":
    case "Skipped":
      return "–";
    case "Running":
    case "CancelRequested":
      return "●";
    default:
      return "○";
  }
}
