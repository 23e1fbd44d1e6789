/** Aligned columns for people. */
import { fitTo, padLeftTo, padTo, textWidth } from "./textWidth";
import type { Paint } from "./style";

export interface Cell {
  readonly text: string;
  readonly paint?: Paint;
  /** Takes the rest of the line, to the left; cells behind it are not shown, and no column widens for it. */
  readonly spansRest?: boolean;
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
  return [titles, ...rows].map((cells) => renderLine(columns, cells, widths, width));
}

const widthWithin = (cell: Cell | undefined): number =>
  cell === undefined || cell.spansRest === true ? 0 : textWidth(cell.text);

function columnWidths(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
): readonly number[] {
  const natural = columns.map(({ title }, index) =>
    Math.max(textWidth(title), ...rows.map((cells) => widthWithin(cells[index]))),
  );
  const total = natural.reduce((sum, each) => sum + each, 0) + gap * (columns.length - 1);
  return natural.map((each, index) =>
    columns[index]?.flexible === true
      ? Math.max(Math.min(each, least), each - Math.max(0, total - width))
      : each,
  );
}

function renderLine(
  columns: readonly Column[],
  cells: readonly Cell[],
  widths: readonly number[],
  lineWidth: number,
): string {
  const spanning = cells.findIndex(({ spansRest }) => spansRest === true);
  const shown = spanning === -1 ? columns : columns.slice(0, spanning + 1);
  const parts = shown.map(({ align }, index) => {
    const cell = cells[index] ?? { text: "" };
    if (index === spanning) {
      const before = widths.slice(0, index).reduce((sum, each) => sum + each + gap, 0);
      const text = fitTo(cell.text, Math.max(least, lineWidth - before));
      return cell.paint === undefined ? text : cell.paint(text);
    }
    const width = widths[index] ?? 0;
    const text = fitTo(cell.text, width);
    const painted = cell.paint === undefined ? text : cell.paint(text);
    return align === "right" ? padLeftTo(painted, width) : padTo(painted, width);
  });
  return parts.join(" ".repeat(gap)).trimEnd();
}
