/** Row keys that put the newest row of a partition first. */

const lastInstant = 9_999_999_999_999;

/** Descends as the instant ascends; 13 digits, good until the year 2286. */
export function newestFirst(at: string): string {
  return String(lastInstant - Date.parse(at)).padStart(13, "0");
}
