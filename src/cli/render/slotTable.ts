/** The slots that come, one a line: local time with its offset, the instant, and what is unusual about it. */
import type { SlotPreviewWire } from "../../contract/scheduleEvents";
import type { Style } from "./style";
import { renderTable } from "./table";

const marks: ReadonlyMap<string, string> = new Map([
  ["moved", "moved: the clock skips the written time"],
  ["firstPass", "the clock shows this time twice: first pass"],
  ["lastPass", "the clock shows this time twice: last pass"],
  ["offsetChanged", "the clock was changed since the slot before"],
  ["excluded", "skipped: an excluded date"],
  ["gap", "skipped: the clock skips the written time"],
]);

const columns = [
  { title: "LOCAL TIME" },
  { title: "OFFSET" },
  { title: "UTC" },
  { title: "NOTE", flexible: true },
] as const;

export function renderSlots(
  slots: readonly SlotPreviewWire[],
  style: Style,
  width: number,
): readonly string[] {
  const rows = slots.map(({ at, localTime, offset, mark, skipped }) => {
    const note = skipped ?? mark ?? "";
    return [
      { text: localTime.replace("T", " ") },
      { text: offset },
      { text: at },
      { text: marks.get(note) ?? note, paint: style.dim },
    ];
  });
  return renderTable(columns, rows, width, style.dim);
}
