import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { openRuns, step, submission } from "./runsUnderTest";
import { scriptedTarget } from "./scriptedTarget";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const rounds = 10;
const definition = { parameters: [], steps: [step("only")] };

function room(target = scriptedTarget()) {
  return { target, ...openRuns({ connectionString: storage.connectionString, target, definition }) };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

test("a cancel that races with the end of the last step is final if it was accepted, and changes nothing if not", async () => {
  for (let round = 0; round < rounds; round++) {
    const { target, runs, engine } = room();
    const runId = randomUUID();
    await runs.submit(submission(runId), engine);
    const { attemptId } = await target.beginning("only");
    target.end(attemptId, { exitCode: 0 });
    await turns(round * 3);
    const answers = await Promise.all([runs.cancel(runId, engine), runs.cancel(runId, engine)]);
    await engine.ended(runId);
    const isAccepted = answers.includes("accepted");
    const { status } = (await runs.find(runId))!;
    expect([isAccepted, status]).toEqual(isAccepted ? [true, "canceled"] : [false, "finished"]);
    expect(await runs.cancel(runId, engine)).toBe("already-terminal");
    expect((await runs.find(runId))!.status).toBe(status);
  }
});

test("a cancel that comes while its run is being submitted finds nothing, or ends it for good", async () => {
  for (let round = 0; round < rounds; round++) {
    const { target, runs, engine } = room(scriptedTarget({ only: { exitCode: 0 } }));
    const runId = randomUUID();
    const submitted = runs.submit(submission(runId), engine);
    await turns(round * 4);
    const answer = await runs.cancel(runId, engine);
    expect(await submitted).toMatchObject({ status: "accepted" });
    await engine.ended(runId);
    const expected = { accepted: "canceled", "not-found": "finished", "already-terminal": "finished" }[
      answer
    ];
    expect([answer, (await runs.find(runId))!.status]).toEqual([answer, expected]);
    expect(target.begun.length).toBeLessThanOrEqual(1);
  }
});
