import type { TurnEnd, TurnResult } from "../durable/turnResult";
import { walkActions, type ActionWalk } from "./actionWalk";

const outOfProcLabel = "\n\n$OutOfProcData$:";

type Fields = Readonly<Record<string, unknown>>;

/** How an orchestrator invocation ended: the handler's value, or what it threw. */
export type HandlerEnd =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/**
 * Reads what the durable-functions library reported for one run. `executor` is the library's own executor when
 * it can be reached (its counter and its action objects); without it the reported data alone is used.
 */
export function readTurnResult(end: HandlerEnd, executor: Fields | null, knownLeaves: number): TurnResult {
  const state = end.ok ? asFields(end.value) : readThrownState(end.error);
  const reported = (state?.["actions"] as readonly unknown[][] | undefined)?.[0] ?? [];
  const live = executor?.["actions"];
  const walk = walkActions(!end.ok && Array.isArray(live) ? live : reported, knownLeaves);
  return {
    leaves: walk.leaves,
    customStatus: toJson(state?.["customStatus"]),
    end: end.ok ? readEnd(state ?? {}, walk) : { kind: "failed", message: failureMessage(state, end.error) },
    refused: walk.refused,
    sequenceNumber: typeof executor?.["sequenceNumber"] === "number" ? executor["sequenceNumber"] : null,
    parkedEvents: readParkedEvents(executor),
  };
}

function readEnd(state: Fields, walk: ActionWalk): TurnEnd {
  if (walk.continueAsNew !== null) return { kind: "continuedAsNew", input: walk.continueAsNew.input };
  if (state["isDone"] === true) return { kind: "completed", output: toJson(state["output"]) };
  return { kind: "waiting" };
}

function readThrownState(error: unknown): Fields | null {
  const message = error instanceof Error ? error.message : String(error);
  const at = message.indexOf(outOfProcLabel);
  if (at < 0) return null;
  return asFields(JSON.parse(message.slice(at + outOfProcLabel.length)));
}

function failureMessage(state: Fields | null, error: unknown): string {
  if (state === null) return error instanceof Error ? error.message : String(error);
  const reported = state["error"];
  return typeof reported === "string" && reported !== "" ? reported : "Unknown error";
}

function readParkedEvents(executor: Fields | null): string[] {
  const parked = asFields(executor?.["deferredTasks"]);
  if (parked === null) return [];
  return Object.entries(parked).flatMap(([name, list]) =>
    /^\d+$/.test(name) || !Array.isArray(list) ? [] : list.map(() => name),
  );
}

function asFields(value: unknown): Fields | null {
  return typeof value === "object" && value !== null ? (value as Fields) : null;
}

function toJson(value: unknown): string | null {
  const json = JSON.stringify(value) as string | undefined;
  return json ?? null;
}
