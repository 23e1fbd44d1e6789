/**
 * Walks the action list an orchestrator run left behind, in the process of the app, before it is serialised:
 * a task that was yielded twice appears twice, as the same object, and only here can that be seen.
 *
 * 1. Depth-first, in list order; every object counts once.
 * 2. Waiting for an external event and continuing as new have no sequence number and are left out.
 */
import type { Call, LeafDetail, RetryOptions, WalkedLeaf } from "../durable/ledger";

export interface ActionWalk {
  readonly leaves: WalkedLeaf[];
  readonly continueAsNew: { readonly input: string | null } | null;
  readonly refused: string | null;
}

type Action = Readonly<Record<string, unknown>>;

const refusedActions: Readonly<Record<number, string>> = {
  7: "callEntity (durable entities; keep the state in a table and change it in an activity)",
  8: "callHttp (make the request in an activity)",
  9: "signalEntity (durable entities; keep the state in a table and change it in an activity)",
  10: "a scheduled entity signal (durable entities; use a timer and an activity)",
  13: "entity locks (claim a row with an ETag in an activity)",
  14: "entity locks (claim a row with an ETag in an activity)",
};

/** Flattens the actions of one run. Leaves before `knownLeaves` come without their detail, which the host has. */
export function walkActions(actions: readonly unknown[], knownLeaves: number): ActionWalk {
  const seen = new Set<unknown>();
  const leaves: WalkedLeaf[] = [];
  let continueAsNew: ActionWalk["continueAsNew"] = null;
  let refused: string | null = null;
  const visit = (value: unknown): void => {
    if (seen.has(value)) return;
    seen.add(value);
    const action = value as Action;
    const type = Number(action["actionType"]);
    if (type === 11 || type === 12) (action["compoundActions"] as readonly unknown[]).forEach(visit);
    else if (type === 4) continueAsNew = { input: toJson(action["input"]) };
    else if (type === 6) return;
    else if (type in refusedActions) refused ??= refusal(refusedActions[type] ?? "");
    else leaves.push(toLeaf(action, type, leaves.length < knownLeaves));
  };
  actions.forEach(visit);
  return { leaves, continueAsNew, refused };
}

function refusal(what: string): string {
  return `the local host does not emulate ${what}.`;
}

function toLeaf(action: Action, type: number, isKnown: boolean): WalkedLeaf {
  switch (type) {
    case 0:
    case 1:
      return {
        kind: "activity",
        name: text(action["functionName"]),
        isCanceled: false,
        detail: isKnown ? null : activity(action),
      };
    case 2:
    case 3:
      return {
        kind: "child",
        name: text(action["functionName"]),
        isCanceled: false,
        detail: isKnown ? null : child(action),
      };
    case 5:
      return {
        kind: "timer",
        name: "",
        isCanceled: action["isCanceled"] === true,
        detail: isKnown ? null : timer(action),
      };
    default:
      throw new Error(`The orchestrator reported an action of unknown type ${type}.`);
  }
}

/** The library quotes string inputs of activities once more, so a string here is already JSON text. */
function activity(action: Action): LeafDetail {
  const input = action["input"];
  const json = typeof input === "string" ? input : toJson(input);
  const name = text(action["functionName"]);
  return {
    kind: "call",
    call: { kind: "activity", name, input: json, instanceId: null, version: null },
    retry: retryOptions(action),
  };
}

function child(action: Action): LeafDetail {
  const call: Call = {
    kind: "child",
    name: text(action["functionName"]),
    input: toJson(action["input"]),
    instanceId: typeof action["instanceId"] === "string" ? action["instanceId"] : null,
    version: typeof action["version"] === "string" ? action["version"] : null,
  };
  return { kind: "call", call, retry: retryOptions(action) };
}

function timer(action: Action): LeafDetail {
  return { kind: "timer", fireAt: new Date(action["fireAt"] as string | Date).getTime() };
}

function retryOptions(action: Action): RetryOptions | null {
  const options = action["retryOptions"];
  if (typeof options !== "object" || options === null) return null;
  const read = options as Action;
  const timeout = read["retryTimeoutInMilliseconds"];
  return {
    firstIntervalMs: Number(read["firstRetryIntervalInMilliseconds"]),
    maxAttempts: Number(read["maxNumberOfAttempts"]),
    backoffCoefficient: Number(read["backoffCoefficient"] ?? 1),
    maxIntervalMs: Number(read["maxRetryIntervalInMilliseconds"] ?? Number.MAX_SAFE_INTEGER),
    timeoutMs: typeof timeout === "number" ? timeout : null,
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function toJson(value: unknown): string | null {
  const json = JSON.stringify(value) as string | undefined;
  return json ?? null;
}
