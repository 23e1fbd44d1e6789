/** Logged metrics as v1's metric service tells them. Source: spec azureml-v1-wire.md §3.4. */
import type { MetricSeries } from "../../contract/metrics";
import { assertNever } from "../../model/assertNever";
import type { MetricRecord } from "../../runs/runs";

type Row = Readonly<Record<string, unknown>>;

/**
 * The values of one metric in the order of logging; `records` have one name and are at least one. `continuationToken` asks
 * for those that follow; null = there are none.
 */
export function toMetricSeries(
  records: readonly [MetricRecord, ...MetricRecord[]],
  continuationToken: string | null = null,
): MetricSeries {
  const value = records.flatMap((record) =>
    rowsOf(record).map((data, row) => ({
      metricId: `${record.stepRunId}.${record.index}.${row}`,
      createdUtc: record.loggedAt,
      step: record.step,
      data,
    })),
  );
  return {
    name: records[0].name,
    columns: columnsOf(value.map(({ data }) => data)),
    value,
    properties: { uxMetricType: uxMetricType(records) },
    continuationToken,
  };
}

/** Scalars that were logged several times are one series to v1 and stay scalars; rows and tables are tables. */
function uxMetricType([first]: readonly [MetricRecord, ...MetricRecord[]]): string {
  const kind = first.type === "row" || first.type === "table" ? "table" : first.type;
  return `azureml.v1.${kind}`;
}

function rowsOf({ name, type, value }: MetricRecord): readonly Row[] {
  switch (type) {
    case "scalar":
    case "image":
      return [{ [name]: value }];
    case "list":
      return (Array.isArray(value) ? value : [value]).map((item: unknown) => ({ [name]: item }));
    case "row":
      return [isObject(value) ? value : { [name]: value }];
    case "table":
      return isObject(value) ? tableRows(value) : [{ [name]: value }];
    default:
      return assertNever(type);
  }
}

/** A table is logged as columns; a column that is shorter, or a single value, leaves the other rows without it. */
function tableRows(table: Row): readonly Row[] {
  const columns = Object.entries(table).map(
    ([key, cells]) => [key, Array.isArray(cells) ? cells : [cells]] as const,
  );
  const height = Math.max(0, ...columns.map(([, cells]) => cells.length));
  return Array.from({ length: height }, (_, row) =>
    Object.fromEntries(
      columns.flatMap(([key, cells]) => (row < cells.length ? [[key, cells[row] as unknown] as const] : [])),
    ),
  );
}

function columnsOf(rows: readonly Row[]): Readonly<Record<string, string>> {
  const columns = new Map<string, string>();
  for (const [key, value] of rows.flatMap((row) => Object.entries(row))) {
    columns.set(key, widest(columns.get(key), columnType(value)));
  }
  return Object.fromEntries(columns);
}

function columnType(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "double";
  return typeof value === "boolean" ? "bool" : "string";
}

/** A column of whole and broken numbers is `double`; any other mixture is `string`. */
function widest(known: string | undefined, next: string): string {
  if (known === undefined || known === next) return next;
  const isNumber = (type: string) => type === "int" || type === "double";
  return isNumber(known) && isNumber(next) ? "double" : "string";
}

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
