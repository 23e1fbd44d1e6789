/**
 * Whether a caller of old wants parameters ignored that the pipeline does not have: header
 * `x-sluice-unknown-parameters: ignore`, or `refuse`; without it the setting says.
 */
import { isUnknownParameters, type UnknownParameters } from "../../workspace/runsConfig";
import { refuse, type Answer } from "../answer";
import type { Call } from "../route";

export type UnknownParametersChoice =
  | { readonly status: "read"; readonly value: UnknownParameters | null }
  | { readonly status: "refused"; readonly refusal: Answer };

const header = "x-sluice-unknown-parameters";

/** Code: `InvalidHeader`. */
export function readUnknownParameters(call: Pick<Call, "header">): UnknownParametersChoice {
  const value = call.header(header);
  if (value === null || isUnknownParameters(value)) return { status: "read", value };
  const problem = {
    code: "InvalidHeader",
    field: header,
    expected: "refuse or ignore",
    received: value.slice(0, 80) || "nothing",
  };
  return {
    status: "refused",
    refusal: refuse("InvalidHeader", `The header ${header} cannot be used.`, [problem]),
  };
}
