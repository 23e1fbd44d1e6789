/** Runs as a table for people, in the order given. */
import { durationOf, formatAge } from "./duration";
import { paintStatus, type Style } from "./style";
import { renderTable } from "./table";
import { printable } from "./textWidth";

export interface RunListing {
  readonly id: string;
  /** Status word of the pipelines service. */
  readonly status: string;
  readonly pipeline: string;
  readonly createdAt: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Why the run exists, such as `schedule tumour hourly` or `blob inbox/x.csv`. */
  readonly cause: string;
}

const columns = [
  { title: "RUN" },
  { title: "STATUS" },
  { title: "PIPELINE" },
  { title: "STARTED" },
  { title: "DURATION", align: "right" },
  { title: "CAUSE", flexible: true },
] as const;

export function renderRunList(
  runs: readonly RunListing[],
  now: Date,
  style: Style,
  width: number,
): readonly string[] {
  const rows = runs.map((run) => [
    { text: run.id },
    { text: run.status, paint: paintStatus(style, run.status) },
    { text: printable(run.pipeline) },
    { text: run.createdAt === null ? "" : formatAge(run.createdAt, now) },
    { text: durationOf(run.startedAt, run.endedAt, now) },
    { text: printable(run.cause), paint: style.dim },
  ]);
  return renderTable(columns, rows, width, style.dim);
}
