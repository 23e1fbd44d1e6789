/** `npm run test:crash -- --statements` runs these at the size of the statements' source; else they are quick. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { existsSync, statSync } from "node:fs";
import { untilTrue, type HostProcess } from "../service/host/hostProcess";
import { DurableHost } from "./durableHost";

const isFull = process.env["SLUICE_CRASH_STATEMENTS"] === "1";
const size = isFull
  ? { steps: 10_000, kills: 40, width: 1_500, restarts: 100, timeoutMs: 1_800_000 }
  : { steps: 240, kills: 4, width: 120, restarts: 8, timeoutMs: 120_000 };

let durable: DurableHost;
beforeEach(() => {
  durable = new DurableHost();
});
afterEach(async () => durable.end());
const host = (): HostProcess => durable.host;

describe("a host that is killed again and again", () => {
  test(
    `K23 A long random orchestration that is killed again and again ends as if it had not been (${size.kills} kills in ${size.steps} steps)`,
    async () => {
      const program = { seed: 20_260_101, steps: size.steps, perGeneration: 12, sum: 0 };
      const noted = (): number => (existsSync(durable.journal) ? statSync(durable.journal).size : 0);
      await durable.start();
      const undisturbed = await host().run("randomProgram", "calm", program);
      const whole = noted();
      expect(durable.notes("step").length).toBeGreaterThan(0.8 * size.steps);
      await host().startNew("randomProgram", "killed", program);
      for (let kill = 1; kill <= size.kills; kill++) {
        await untilTrue(() => noted() >= whole + (kill * whole) / (size.kills + 1));
        await durable.killAndStart();
      }
      expect(await host().until("killed")).toMatchObject({ output: undisturbed.output });
      expect(undisturbed.runtimeStatus).toBe("Completed");
    },
    size.timeoutMs,
  );

  test(
    `K24 Over many restarts of a fan-out every effect happens, every completion is recorded once (${size.restarts} restarts)`,
    async () => {
      const { width } = size;
      await durable.start();
      await host().startNew("fan", "k24", { width, ms: 15 });
      const done = (): number => new Set(durable.notes("stepped").map((note) => JSON.stringify(note))).size;
      for (let kills = 1; kills <= size.restarts; kills++) {
        await untilTrue(() => done() >= kills * 12);
        await durable.killAndStart();
      }
      const { output } = await host().until("k24");
      expect(output).toEqual(Array.from({ length: width }, (_, n) => n + 1));
      expect(done()).toBe(width);
      expect(await durable.count("k24", "TaskCompleted")).toBe(width);
    },
    size.timeoutMs,
  );
});
