import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { untilTrue, type HostProcess } from "../service/host/hostProcess";
import { DurableHost } from "./durableHost";

let durable: DurableHost;
beforeEach(() => {
  durable = new DurableHost();
});
afterEach(async () => durable.end());
const host = (): HostProcess => durable.host;

describe("a host that is killed again and again", () => {
  test("K23 A long random orchestration that is killed again and again ends as if it had not been", async () => {
    const program = { seed: 20_260_101, steps: 240, perGeneration: 12, sum: 0 };
    await durable.start();
    const undisturbed = await host().run("randomProgram", "calm", program);
    const stepsOf = (id: string): number =>
      durable.notes("step").filter((note) => (note as string[])[0] === id).length;
    const total = stepsOf("calm");
    expect(total).toBeGreaterThan(200);
    await host().startNew("randomProgram", "killed", program);
    for (const part of [1, 2, 3, 4]) {
      await untilTrue(() => stepsOf("killed") >= (part * total) / 5);
      await durable.killAndStart();
    }
    expect(await host().until("killed")).toMatchObject({ output: undisturbed.output });
    expect(undisturbed.runtimeStatus).toBe("Completed");
  });

  test("K24 Over many restarts of a fan-out every effect happens, every completion is recorded once", async () => {
    const width = 120;
    await durable.start();
    await host().startNew("fan", "k24", { width, ms: 15 });
    const done = (): number => new Set(durable.notes("stepped").map((note) => JSON.stringify(note))).size;
    for (let kills = 1; kills <= 8; kills++) {
      await untilTrue(() => done() >= kills * 12);
      await durable.killAndStart();
    }
    const { output } = await host().until("k24");
    expect(output).toEqual(Array.from({ length: width }, (_, n) => n + 1));
    expect(done()).toBe(width);
    expect(await durable.count("k24", "TaskCompleted")).toBe(width);
  });
});
