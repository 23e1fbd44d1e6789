/**
 * Run ids of submissions. A caller that repeats a submission, because it never saw the answer, sends the same
 * `Idempotency-Key`: the key gives the run its id, and the run row can be claimed only once.
 *
 * The first submission counts, whatever the body of a later one says. A key belongs to its target, so the same
 * key sent to another pipeline or endpoint starts another run.
 */
import type { PipelineTarget } from "../../pipelines/publishedPipelines";
import { nameBasedId } from "../../workspace/ids";
import { refuse, type Answer } from "../answer";
import type { Call } from "../route";

export type RunIdChoice =
  | { readonly status: "chosen"; readonly runId: string }
  | { readonly status: "refused"; readonly refusal: Answer };

const namespace = "4b1f6d0e-6a55-5c1b-9a52-5f2f4c1d7a90";
const allowed = /^[\x21-\x7e]{1,255}$/;

/** Code: `InvalidHeader`. Without the header the id is random. */
export function chooseRunId(call: Pick<Call, "header" | "rooms">, target: PipelineTarget): RunIdChoice {
  const key = call.header("idempotency-key");
  if (key === null) return { status: "chosen", runId: call.rooms.workspace.ids.newId() };
  if (!allowed.test(key)) return { status: "refused", refusal: invalidKey(key) };
  return { status: "chosen", runId: nameBasedId(namespace, JSON.stringify([target, key])) };
}

function invalidKey(key: string): Answer {
  return refuse("InvalidHeader", "The Idempotency-Key cannot be used.", [
    {
      code: "InvalidHeader",
      field: "Idempotency-Key",
      expected: "1 to 255 visible ASCII characters",
      received: key === "" ? "nothing" : `a text of ${key.length} characters`,
    },
  ]);
}
