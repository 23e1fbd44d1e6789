/** Colour, when the reader can see it. */

export type Paint = (text: string) => string;

export interface Style {
  readonly dim: Paint;
  readonly bold: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly busy: Paint;
}

const same: Paint = (text) => text;
/** For pipes, files and readers who asked for none. */
export const plainStyle: Style = { dim: same, bold: same, good: same, bad: same, busy: same };

const sequence =
  (open: number, close: number): Paint =>
  (text) =>
    text === "" ? "" : `\u001b[${open}m${text}\u001b[${close}m`;

const colourStyle: Style = {
  dim: sequence(2, 22),
  bold: sequence(1, 22),
  good: sequence(32, 39),
  bad: sequence(31, 39),
  busy: sequence(36, 39),
};

/** No colour unless it is a terminal, and never when `NO_COLOR` is set to anything (https://no-color.org). */
export function styleFor(isTerminal: boolean, noColor: string | undefined): Style {
  return isTerminal && (noColor ?? "") === "" ? colourStyle : plainStyle;
}

/** The paint of a status word of either service. */
export function paintStatus(style: Style, status: string): Paint {
  switch (status) {
    case "Finished":
    case "Completed":
      return style.good;
    case "Failed":
    case "Canceled":
      return style.bad;
    case "Running":
    case "Queued":
    case "CancelRequested":
      return style.busy;
    default:
      return style.dim;
  }
}
