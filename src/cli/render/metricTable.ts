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
    { title: "COURSE" },
  ];
  const rows = metrics.map(({ step, name, rows: values }) => [
    { text: printable(step), paint: style.dim },
    { text: printable(name) },
    { text: lastValue(values), paint: style.bold },
    { text: course(values) },
  ]);
  return renderTable(columns, rows, width, style.dim);
}

function lastValue(rows: MetricView["rows"]): string {
  const last = rows.at(-1);
  if (last === undefined) return "";
  const entries = Object.entries(last);
  const single = entries.length === 1 ? entries[0] : undefined;
  if (single !== undefined) return formatValue(single[1]);
  return entries.map(([key, value]) => `${printable(key)} ${formatValue(value)}`).join(", ");
}

function course(rows: MetricView["rows"]): string {
  if (rows.length < 2) return "";
  const numbers = rows.map((row) => Object.values(row)).filter((values) => values.length === 1);
  const values = numbers.map(([value]) => value).filter((value) => typeof value === "number");
  return values.length === rows.length
    ? `${sparkline(values, courseWidth)} ${rows.length} values`
    : `${rows.length} rows`;
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
