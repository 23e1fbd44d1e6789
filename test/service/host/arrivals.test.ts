import { describe, expect, test } from "@jest/globals";
import type { Arrival } from "../../../src/host/durable/arrivals";
import type { TurnCommit } from "../../../src/host/durable/finishTurn";
import type { TaskRow } from "../../../src/host/durable/hubTables";
import type { Instance } from "../../../src/host/durable/instance";
import { startInstance } from "../../../src/host/durable/instanceOperations";
import type { LeafDetail } from "../../../src/host/durable/ledger";
import type { InboxEntry } from "../../../src/host/durable/message";
import { turn } from "../../../src/host/durable/turn";
import type { TurnEnd } from "../../../src/host/durable/turnResult";
import { commitTurn, completeTask } from "../../../src/host/durable/turnStore";
import { lenientRules } from "../../unit/host/turnFixture";
import { ScratchHub } from "./scratchHub";

const at = Date.UTC(2026, 0, 1);
const call: LeafDetail = {
  kind: "call",
  call: { kind: "activity", name: "step", input: null, instanceId: null, version: null },
  retry: null,
};

const store = new ScratchHub();

function stored(): Instance {
  const instance = store.hub.findInstance("i");
  if (instance === undefined) throw new Error("The instance is gone.");
  return instance;
}

/** The commit of a turn that took the whole inbox; the orchestrator calls one activity and ends as told. */
function commitOf(inbox: readonly InboxEntry[], end: TurnEnd): TurnCommit {
  const detail = end.kind === "waiting" ? call : null;
  const leaves = [{ kind: "activity", name: "step", isCanceled: false, detail }] as const;
  const parts = { customStatus: null, refused: null, sequenceNumber: null, parkedEvents: [] };
  const given = { input: null, history: "", now: at, maxMessages: 10, rules: lenientRules };
  const asking = turn({ ...given, instance: stored(), inbox, newId: () => "new" });
  asking.next();
  const { value } = asking.next({ result: { ...parts, leaves, end }, at });
  if (!("kind" in value) || value.kind !== "commit") throw new Error("The turn did not end.");
  return value.commit;
}

/** An instance that waits for its activity, and the completion that is about to be written. */
async function waiting(): Promise<{ readonly task: TaskRow; readonly arrival: Arrival }> {
  const start = { instanceId: "i", executionId: "e", name: "program", version: null, input: null, at };
  await startInstance(store.hub, start, false);
  const written = await commitTurn(
    store.hub,
    commitOf(store.hub.readInbox("i", 10), { kind: "waiting" }),
    [],
    at,
  );
  const task = written.kind === "committed" ? written.tasks[0] : undefined;
  if (task === undefined) throw new Error("No activity was scheduled.");
  const message = { kind: "taskCompleted", taskId: task.taskId, result: "1" } as const;
  return { task, arrival: { seq: store.hub.reserveSeq(), at, executionId: "e", message } };
}

const completed: TurnEnd = { kind: "completed", output: "1" };

describe("a turn that took a completion before it was on disk", () => {
  test("changes nothing when the completion never got there, and leaves the activity to be run (TR3)", async () => {
    const { task, arrival } = await waiting();
    const written = await commitTurn(store.hub, commitOf([arrival], completed), [arrival.seq], at);
    expect(written.kind).toBe("lost");
    expect(stored()).toMatchObject({ status: "Running", turns: 1 });
    expect(store.hub.tasks.get(task.seq)).toEqual(task);
  });

  test("commits behind the completion, however closely the two follow each other (TR3)", async () => {
    const { task, arrival } = await waiting();
    const storing = completeTask(store.hub, task, arrival);
    const written = await commitTurn(store.hub, commitOf([arrival], completed), [arrival.seq], at);
    expect(await storing).toBe(true);
    expect(written.kind).toBe("committed");
    expect(stored().status).toBe("Completed");
    expect(store.hub.readInbox("i", 10)).toEqual([]);
  });
});

test("a place in the inbox that was reserved is not given again after a restart", async () => {
  const { task, arrival } = await waiting();
  await completeTask(store.hub, task, arrival);
  await store.reopen();
  expect(store.hub.reserveSeq()).toBeGreaterThan(arrival.seq);
});
