/** The storage answers that are normal outcomes here, told apart from broken worlds by status code. */

function statusCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return undefined;
  return typeof error.statusCode === "number" ? error.statusCode : undefined;
}

/** The row or blob is not there. */
export const isNotFound = (error: unknown): boolean => statusCode(error) === 404;

/** An insert met an existing row, table, container or blob. */
export const isConflict = (error: unknown): boolean => statusCode(error) === 409;

/** An `If-Match` or `If-None-Match` condition did not hold: another writer came first. */
export const isPreconditionFailed = (error: unknown): boolean => statusCode(error) === 412;
