/** The metrics of a run's steps: last value, and the course of those that were logged more than once. */
import { sparkline } from "./sparkline";
import type { Style } from "./style";
import { renderTable } from "./table";
import { printable } from "./textWidth";

export interface MetricView {
  readonly step: string;
  readonly name: string;
  /** Values in the order in which they were logged; a row or table is one object per row. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const courseWidth = 24;
/** A line with less room than this has no place for a course. */
const leastForCourse = 64;
const longestTable = 8;

export function renderMetrics(
  metrics: readonly MetricView[],
  style: Style,
  width: number,
): readonly string[] {
  if (metrics.length === 0) return [];
  const columns = [
    { title: "STEP" },
    { title: "METRIC" },
    { title: "VALUE", align: "right" as const, flexible: true },
    { title: width < leastForCourse ? "" : "COURSE" },
  ];
  const rows = metrics.flatMap(({ step, name, rows: values }) =>
    linesOf(values).map(({ value, course, isTable }, index) => [
      { text: index === 0 ? printable(step) : "", paint: style.dim },
      { text: index === 0 ? printable(name) : "" },
      { text: value, paint: style.bold, spansRest: isTable },
      { text: width < leastForCourse ? "" : course },
    ]),
  );
  return renderTable(columns, rows, width, style.dim);
}

interface Line {
  readonly value: string;
  readonly course: string;
  /** Whether it is a row of a table, which is wider than a value. */
  readonly isTable: boolean;
}

type Row = MetricView["rows"][number];

/** A series in one line by its last value; a table in one line a row, as far as it is short. */
function linesOf(rows: readonly Row[]): readonly Line[] {
  const last = rows.at(-1);
  if (last === undefined) return [];
  if (rows.length > 1 && rows.length <= longestTable && rows.some(isWide)) {
    return rows.map((row) => ({ value: rowText(row), course: "", isTable: true }));
  }
  return [{ value: rowText(last), course: courseOf(rows), isTable: false }];
}

const isWide = (row: Row): boolean => Object.keys(row).length > 1;

function rowText(row: Row): string {
  const entries = Object.entries(row);
  if (!isWide(row)) return entries.map(([, value]) => formatValue(value)).join("");
  return entries.map(([key, value]) => `${printable(key)} ${formatValue(value)}`).join(", ");
}

function courseOf(rows: readonly Row[]): string {
  if (rows.length < 2) return "";
  const values = rows.flatMap((row) => Object.values(row)).filter((value) => typeof value === "number");
  const isSeries = values.length === rows.length && !rows.some(isWide);
  return isSeries ? `${sparkline(values, courseWidth)} ${rows.length} values` : `${rows.length} rows`;
}

/** Numbers with the digits that matter to a reader: at most four after the point, more only for tiny ones. */
export function formatValue(value: unknown): string {
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "string") return printable(value);
  return value === undefined ? "" : JSON.stringify(value);
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value);
  if (Math.abs(value) < 0.001) return value.toExponential(2);
  return String(Number(value.toFixed(4)));
}
