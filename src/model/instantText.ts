/** Instants, local times and offsets as text, to the second. */
import { dateOfDay, localDayOf, type LocalMs } from "./localTime";
import { dayMs, type EpochMs } from "./timeZone";

const padded = (value: number, width = 2): string => String(value).padStart(width, "0");

/** `YYYY-MM-DDThh:mm:ss`; years from 0 to 9999. */
export function textOfLocal(local: LocalMs): string {
  const day = localDayOf(local);
  const { month, dayOfMonth } = dateOfDay(day);
  const seconds = Math.floor((local - day * dayMs) / 1000);
  const date = `${padded(Math.floor(month / 12), 4)}-${padded((month % 12) + 1)}-${padded(dayOfMonth)}`;
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) =>
    padded(part),
  );
  return `${date}T${time.join(":")}`;
}

/** `YYYY-MM-DDThh:mm:ssZ`. */
export const textOfInstant = (instant: EpochMs): string => `${textOfLocal(instant)}Z`;

/** `+hh:mm`, with seconds where a zone's local mean time has them. */
export function textOfOffset(offset: number): string {
  const seconds = Math.abs(offset) / 1000;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[2] === 0 ? parts.slice(0, 2) : parts;
  return (offset < 0 ? "-" : "+") + shown.map((part) => padded(part)).join(":");
}
