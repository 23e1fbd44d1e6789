import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { createArtifactStore } from "../../../src/runs/artifactStore";
import {
  attemptOf,
  makeComputePlace,
  openComputeRoom,
  readArtifact,
  untilOver,
  untilRunning,
  waitsFor,
  writes,
  type ComputePlace,
  type ComputeRoom,
} from "./computeRoom";

let place: ComputePlace;

beforeAll(async () => {
  place = await makeComputePlace();
});

afterAll(() => place.remove());

const log = "user_logs/std_log.txt";

async function untilArtifact(
  room: ComputeRoom,
  runId: string,
  path: string,
  matches: (text: string) => boolean,
): Promise<void> {
  for (;;) {
    const text = await readArtifact(room, runId, path);
    if (text !== undefined && matches(text)) return;
    await new Promise((next) => setTimeout(next, 50));
  }
}

const journal = (): string => place.journal;

describe("the logs of a running step", () => {
  test("can be read by ranges while they grow, and are whole and not doubled at the end", async () => {
    const room = openComputeRoom(place);
    const gate = join(place.dataDir, "gate-live");
    const script = `print("first", flush=True)\n${writes("live")}${waitsFor(gate)}print("last")`;
    const attempt = await attemptOf(room, script);
    await room.target.submit(attempt);
    await untilArtifact(room, attempt.stepRunId, log, (text) => text === "first\n");
    const artifacts = createArtifactStore(room.workspace);
    for (const name of [log, "azureml-logs/70_driver_log.txt"]) {
      const url = await artifacts.url(attempt.stepRunId, name);
      const answer = await fetch(url!, { headers: { range: "bytes=1-3" } });
      expect([answer.status, await answer.text()]).toEqual([206, "irs"]);
    }
    appendFileSync(gate, "");
    await untilOver(room.target, attempt.attemptId);
    await room.target.collect(attempt);
    expect(await readArtifact(room, attempt.stepRunId, log)).toBe("first\nlast\n");
    await room.target.collect(attempt);
    expect(await readArtifact(room, attempt.stepRunId, log)).toBe("first\nlast\n");
  });

  test("go on where they were when the app dies and another one follows the step", async () => {
    const first = openComputeRoom(place);
    const gate = join(place.dataDir, "gate-handover");
    const attempt = await attemptOf(
      first,
      `print("a", flush=True)\n${waitsFor(gate)}print("b", flush=True)\n${waitsFor(`${gate}2`)}print("c")`,
    );
    await first.target.submit(attempt);
    await untilArtifact(first, attempt.stepRunId, log, (text) => text === "a\n");
    const second = openComputeRoom(place);
    expect(await second.target.find(attempt.attemptId)).toMatchObject({ status: "running" });
    appendFileSync(gate, "");
    // Both follow it now, as when a dying process is not quite dead: no byte may come twice.
    await untilArtifact(second, attempt.stepRunId, log, (text) => text === "a\nb\n");
    appendFileSync(`${gate}2`, "");
    await untilOver(second.target, attempt.attemptId);
    await second.target.collect(attempt);
    expect(await readArtifact(second, attempt.stepRunId, log)).toBe("a\nb\nc\n");
  });

  test("include ./logs, also a file that is written anew", async () => {
    const room = openComputeRoom(place);
    const gate = join(place.dataDir, "gate-logs");
    const script = [
      "import os",
      "os.makedirs('logs/deep')",
      "open('logs/deep/a.txt', 'w').write('one')",
      waitsFor(gate),
      "open('logs/deep/a.txt', 'w').write('two')",
      waitsFor(`${gate}2`),
    ].join("\n");
    const attempt = await attemptOf(room, script);
    await room.target.submit(attempt);
    await untilArtifact(room, attempt.stepRunId, "logs/deep/a.txt", (text) => text === "one");
    appendFileSync(gate, "");
    await untilArtifact(room, attempt.stepRunId, "logs/deep/a.txt", (text) => text === "two");
    appendFileSync(`${gate}2`, "");
    await untilOver(room.target, attempt.attemptId);
    await room.target.collect(attempt);
  });

  test("of a short step go up in one piece, under both names that v1 had", async () => {
    const room = openComputeRoom(place);
    const attempt = await attemptOf(room, "print('short')");
    await room.target.submit(attempt);
    await untilOver(room.target, attempt.attemptId);
    await room.target.collect(attempt);
    const files = await createArtifactStore(room.workspace).list(attempt.stepRunId);
    expect(files).toEqual([
      { path: "azureml-logs/70_driver_log.txt", size: 6 },
      { path: log, size: 6 },
    ]);
  });
});

describe("what a script says of its runs", () => {
  test("comes back with the attempt: metrics with steps, tags, uploads, and what belongs to the pipeline run", async () => {
    const room = openComputeRoom(place);
    const script = [
      "from azureml.core import Run",
      "run = Run.get_context()",
      "run.log('loss', 0.5, step=3); run.tag('stage', 'two'); run.upload_file('kept/main.py', 'main.py')",
      "run.parent.log('total', 7); run.parent.tag('done', 'yes'); run.parent.upload_file('main.py', 'main.py')",
    ].join("\n");
    const attempt = await attemptOf(room, script);
    const environment = { AZUREML_RUN_ID: attempt.stepRunId, AZUREML_ROOT_RUN_ID: attempt.runId };
    const told = { ...attempt, environment };
    await room.target.submit(told);
    await untilOver(room.target, attempt.attemptId);
    const { metrics, tags, parent, usage } = await room.target.collect(told);
    expect(metrics).toMatchObject([{ name: "loss", value: 0.5, step: 3 }]);
    expect(tags).toEqual({ stage: "two" });
    expect(parent).toMatchObject({ metrics: [{ name: "total", value: 7 }], tags: { done: "yes" } });
    expect(usage!.cpuSeconds).toBeGreaterThan(0);
    expect(await readArtifact(room, attempt.stepRunId, "kept/main.py")).toContain("run.parent.log");
    expect(await readArtifact(room, attempt.runId, "main.py")).toContain("run.parent.log");
  });

  test("is seen while the step runs: ten thousand metrics in order with their steps", async () => {
    const room = openComputeRoom(place);
    const gate = join(place.dataDir, "gate-metrics");
    const script = [
      "from azureml.core import Run",
      "run = Run.get_context()",
      "for i in range(10_000): run.log('loss', i * 0.5, step=i)",
      writes("ten-thousand"),
      waitsFor(gate),
    ].join("\n");
    const attempt = await attemptOf(room, script, {
      environment: { AZUREML_RUN_ID: "r", JOURNAL: journal() },
    });
    await room.target.submit(attempt);
    await untilRunning(room, attempt, "ten-thousand");
    const live = await room.target.liveMetrics(attempt.attemptId);
    expect(live.map(({ step, value }) => [step, value])).toEqual(
      Array.from({ length: 10_000 }, (_, index) => [index, index * 0.5]),
    );
    appendFileSync(gate, "");
    await untilOver(room.target, attempt.attemptId);
    expect((await room.target.collect(attempt)).metrics).toEqual(live);
  });

  test("counts the memory of all processes together where the platform tells it", async () => {
    if (process.platform !== "linux") return;
    const room = openComputeRoom(place);
    const gate = join(place.dataDir, "gate-memory");
    const hold = `x = bytearray(100_000_000); print(1, flush=True); input()`;
    const script = [
      "import subprocess, sys, time",
      `held = [subprocess.Popen([sys.executable, "-c", ${JSON.stringify(hold)}], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]`,
      "for child in held: child.stdout.readline()",
      "print('holding', flush=True)",
      waitsFor(gate),
      "for child in held: child.communicate(b'\\n')",
    ].join("\n");
    const attempt = await attemptOf(room, script);
    await room.target.submit(attempt);
    await untilArtifact(room, attempt.stepRunId, log, (text) => text === "holding\n");
    appendFileSync(gate, "");
    await untilOver(room.target, attempt.attemptId);
    expect((await room.target.collect(attempt)).usage!.peakMemoryBytes).toBeGreaterThan(200_000_000);
  });
});
