/** Text columns of rows: JSON that a row can hold, and texts cut to fit. */

/** A column holds 32 Ki characters; what is larger lives in a blob or is refused at the edge. */
export const longestColumn = 30_000;

/** Reads a JSON column that this app wrote. */
export function readJsonColumn(text: string): unknown {
  return JSON.parse(text);
}

/** Cuts a text for people to `length` characters and says so. */
export function cutText(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** What an error says, cut for a row or a log line. */
export function errorText(error: unknown): string {
  return cutText(error instanceof Error ? error.message : String(error), 1_000);
}
