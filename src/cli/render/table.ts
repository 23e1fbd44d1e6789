/** Aligned columns for people. */
import { fitTo, padLeftTo, padTo, textWidth } from "./textWidth";
import type { Paint } from "./style";

export interface Cell {
  readonly text: string;
  readonly paint?: Paint;
}

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Whether this column gives way when the line is too long; one column at most. */
  readonly flexible?: boolean;
}

const gap = 2;
const least = 8;

/** The lines of the table, the titles first, none wider than `width` as far as the flexible column can give. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
  titlePaint: Paint,
): readonly string[] {
  const widths = columnWidths(columns, rows, width);
  const titles = columns.map(({ title }) => ({ text: title, paint: titlePaint }));
  return [titles, ...rows].map((cells) => renderLine(columns, cells, widths));
}

function columnWidths(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
): readonly number[] {
  const natural = columns.map(({ title }, index) =>
    Math.max(textWidth(title), ...rows.map((cells) => textWidth(cells[index]?.text ?? ""))),
  );
  const total = natural.reduce((sum, each) => sum + each, 0) + gap * (columns.length - 1);
  return natural.map((each, index) =>
    columns[index]?.flexible === true
      ? Math.max(Math.min(each, least), each - Math.max(0, total - width))
      : each,
  );
}

function renderLine(columns: readonly Column[], cells: readonly Cell[], widths: readonly number[]): string {
  const parts = columns.map(({ align }, index) => {
    const cell = cells[index] ?? { text: "" };
    const width = widths[index] ?? 0;
    const text = fitTo(cell.text, width);
    const painted = cell.paint === undefined ? text : cell.paint(text);
    return align === "right" ? padLeftTo(painted, width) : padTo(painted, width);
  });
  return parts.join(" ".repeat(gap)).trimEnd();
}
