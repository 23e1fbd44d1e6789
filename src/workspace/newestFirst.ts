/** Row keys that put the newest row of a partition first. */

const lastInstant = 9_999_999_999_999;

/** 13 digits that descend as the instant (ISO text) ascends; good until the year 2286. */
export function newestFirst(at: string): string {
  return String(lastInstant - Date.parse(at)).padStart(13, "0");
}
