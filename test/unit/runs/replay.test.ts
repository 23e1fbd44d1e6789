import { describe, expect, test } from "@jest/globals";
import type { OrchestrationContext, Task } from "durable-functions";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pipelineRunOrchestrator } from "../../../src/runs/pipelineRunOrchestrator";
import { stepRunOrchestrator } from "../../../src/runs/stepRunOrchestrator";
import { replayHistory } from "../../replay/replayHistory.cjs";

interface Recorded {
  readonly orchestration: "pipelineRun" | "stepRun";
  readonly instanceId: string;
  readonly input: unknown;
  readonly history: readonly Record<string, unknown>[];
  /** What the durable library answered, actions and all, when the history was recorded. */
  readonly result: unknown;
}

const generators = { pipelineRun: pipelineRunOrchestrator, stepRun: stepRunOrchestrator };
const folder = join(__dirname, "..", "..", "replay");
const names = readdirSync(folder).filter((name) => /^(pipelineRun|stepRun)-.*\.json$/.test(name));
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Recorded;

type Generator = (context: OrchestrationContext) => globalThis.Generator<Task, void, unknown>;

/** The answer of the real durable library to a history, as its host receives it. */
async function replay(recorded: Recorded, generator: Generator = generators[recorded.orchestration]) {
  return JSON.parse(JSON.stringify(await replayHistory(generator, recorded))) as unknown;
}

describe("recorded histories", () => {
  test.each(names)("%s gives the same actions forever", async (name) => {
    const recorded = read(name);
    expect(await replay(recorded)).toEqual(recorded.result);
  });

  test("a loop that waits before it looks would be noticed", async () => {
    const edited: Generator = function* ({ df }) {
      yield df.waitForExternalEvent("wake");
      yield df.callActivity("advanceRun", df.getInput());
    };
    const recorded = read("pipelineRun-woken.json");
    expect(await replay(recorded, edited)).not.toEqual(recorded.result);
  });
});
