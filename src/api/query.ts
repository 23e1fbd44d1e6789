/** Query parameters that several routes share. */
import type { Call } from "./route";

/** v1 lists active entities unless it is told otherwise. */
export function isActiveOnly(call: Pick<Call, "query">): boolean {
  return call.query("activeOnly")?.toLowerCase() !== "false";
}

/** A flag that is off unless it is said. */
export function isTrue(call: Pick<Call, "query">, name: string): boolean {
  return call.query(name)?.toLowerCase() === "true";
}

/** How many a page holds: 1 to 500; what makes no sense is the usual number. */
export function pageSize(call: Pick<Call, "query">, name: string, usual: number): number {
  const size = Number(call.query(name) ?? usual);
  return Number.isInteger(size) && size >= 1 ? Math.min(size, 500) : usual;
}
