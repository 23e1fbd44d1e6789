import { describe, expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EventType, type HistoryEvent } from "../../../src/host/durable/history";
import { emptyLedger, findNonDeterminism, type KnownLeaf } from "../../../src/host/durable/ledger";
import { readTurnResult } from "../../../src/host/worker/readTurnResult";
import { replayHistory } from "../../replay/replayHistory.cjs";
import generators from "../../conformance/apps/durable/src/generators.cjs";

interface Recorded {
  readonly orchestration: string;
  readonly instanceId: string;
  readonly input: unknown;
  /** The sequence numbers of the tasks that the code asks for; the others are the pauses and repeats of retries. */
  readonly leafIds: readonly number[];
  readonly history: readonly HistoryEvent[];
  /** What the durable library answered when the history was recorded on the host. */
  readonly result: unknown;
}

const folder = join(__dirname, "..", "..", "replay");
const names = readdirSync(folder).filter((name) => /^durable-.*\.json$/.test(name));
const read = (name: string): Recorded => JSON.parse(readFileSync(join(folder, name), "utf8")) as Recorded;

const kinds = new Map<number, KnownLeaf["kind"]>([
  [EventType.TaskScheduled, "activity"],
  [EventType.SubOrchestrationInstanceCreated, "child"],
  [EventType.TimerCreated, "timer"],
]);

/** What the history says was scheduled for the code. */
function leavesOf({ history, leafIds }: Recorded): KnownLeaf[] {
  return history.flatMap((event) => {
    const kind = kinds.get(event.EventType);
    const name = typeof event["Name"] === "string" ? event["Name"] : "";
    return kind === undefined || !leafIds.includes(event.EventId) ? [] : [{ id: event.EventId, kind, name }];
  });
}

/** The answer of the real library to the history, and the host's opinion of what the code asked for. */
async function replay(
  recorded: Recorded,
): Promise<{ readonly result: unknown; readonly problem: string | null }> {
  const { orchestration } = recorded;
  const generator = generators[orchestration];
  if (generator === undefined) throw new Error(`There is no orchestrator ${orchestration}.`);
  const value = await replayHistory(generator, recorded);
  const leaves = leavesOf(recorded);
  const { leaves: walked } = readTurnResult({ ok: true, value }, null, 0);
  return {
    result: JSON.parse(JSON.stringify(value)),
    problem: findNonDeterminism({ ...emptyLedger, leaves }, walked),
  };
}

describe("histories that this host recorded", () => {
  test("there is one of a chain, a fan-out, a race, a retry, a sub-orchestration, events and a continue-as-new", () => {
    expect(names.map((name) => read(name).orchestration)).toEqual([
      "chain",
      "events",
      "fan",
      "generations",
      "parent",
      "retried",
      "timerOrEvents",
    ]);
  });

  test.each(names)("%s gives the same actions forever, and they are what was scheduled", async (name) => {
    const recorded = read(name);
    expect(await replay(recorded)).toEqual({ result: recorded.result, problem: null });
    expect(leavesOf(recorded)).toHaveLength(recorded.leafIds.length);
  });

  test("one that was edited on purpose is told from what the code does, by number, kind and name", async () => {
    const { problem } = await replay(read("edited-chain.json"));
    expect(problem).toMatch(
      /^A previous execution of this orchestration scheduled the activity 'identity' with sequence number 0, but the current code schedules the activity 'step'\./,
    );
  });
});
