/** Query parameters that several routes share. */
import type { Call } from "./route";

/** v1 lists active entities unless it is told otherwise. */
export function isActiveOnly(call: Pick<Call, "query">): boolean {
  return call.query("activeOnly")?.toLowerCase() !== "false";
}
