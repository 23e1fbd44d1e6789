/** What is wrong with a file that a person wrote, with the place where it has to be mended. */
import type { Problem } from "../problem";
import type { Position } from "./yamlNode";

export interface FileProblem extends Problem, Position {
  /** Name of the file as the reader was told it. */
  readonly file: string;
  /** A warning does not keep the file from being used. */
  readonly severity: "error" | "warning";
}

/** The value and what to warn of, or every problem, warnings included, in the order of the file. */
export type ReadFile<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly FileProblem[] }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

/** `train.pipeline.yml:12:5: pipeline.steps.Clean.compute: expected a text, not 5`; editors make a link of its start. */
export function fileProblemText(problem: FileProblem): string {
  const { file, line, column, severity, field, expected, received } = problem;
  const kind = severity === "warning" ? "warning: " : "";
  const place = field === "" ? "" : `${field}: `;
  return `${file}:${line}:${column}: ${kind}${place}expected ${expected}, not ${received}`;
}

/** `value` unless there is an error among the problems. */
export function readFileOf<T>(value: T | undefined, problems: readonly FileProblem[]): ReadFile<T> {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  if (value === undefined || sorted.some(({ severity }) => severity === "error")) {
    return { ok: false, problems: sorted };
  }
  return { ok: true, value, warnings: sorted };
}
