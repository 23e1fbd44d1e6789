import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import path from "node:path";
import { fixture, HostProcess, readJournal, Scratch, untilTrue } from "./hostProcess";
import { SmallDisk } from "./smallDisk";

const probe = new Scratch();
const tried = SmallDisk.mount(probe.file("disk"), 1);
tried?.unmount();
probe.remove();
const [run, reason] =
  tried === null ? [test.skip, " (skipped: this process may not mount a small disk)"] : [test, ""];

let scratch: Scratch;
let disk: SmallDisk;
let host: HostProcess;

beforeEach(async () => {
  if (tried === null) return;
  scratch = new Scratch();
  disk = SmallDisk.mount(scratch.file("disk"), 16)!;
  host = await start();
});

afterEach(async () => {
  if (tried === null) return;
  await host.kill();
  disk.unmount();
  scratch.remove();
});

async function start(): Promise<HostProcess> {
  const environment = { TEST_JOURNAL: scratch.file("journal") };
  return HostProcess.start({ app: fixture("small"), dataDir: path.join(disk.folder, "data"), environment });
}

async function problems(): Promise<unknown> {
  const answer = await host.fetch("/admin/host/status");
  return ((await answer.json()) as { readonly problems: unknown }).problems;
}

const tooBig = "x".repeat(4_000_000);
const heavySteps = (): string[] =>
  readJournal(scratch.file("journal")).filter((line) => line.startsWith("heavy"));

describe("a full disk (C20)", () => {
  run(
    `refuses what it cannot keep with 503, keeps nothing of it, and goes on when there is room${reason}`,
    async () => {
      await host.startNew("waiter", "before", { count: 1 });
      disk.fill();
      const refused = await host.durable("POST", "orchestrators/waiter/refused", { count: 1, tooBig });
      expect([refused.status, await refused.json()]).toEqual([
        503,
        { Message: expect.stringMatching(/^The task hub cannot be written: .*space/i) },
      ]);
      expect(await problems()).toEqual([expect.stringContaining("The task hub cannot be written")]);
      expect((await host.durable("GET", "instances/refused")).status).toBe(404);
      expect((await host.status("before")).input).toEqual({ count: 1 });
      disk.free();
      await untilTrue(async () => JSON.stringify(await problems()) === "[]");
      await host.startNew("waiter", "refused", { count: 1 });
      for (const id of ["before", "refused"]) {
        expect((await host.durable("POST", `instances/${id}/raiseEvent/go`, id)).status).toBe(202);
        expect((await host.until(id)).output).toEqual([id]);
      }
    },
  );

  run(
    `holds on to the ends of activities that it cannot store, instead of running them again (TO3)${reason}`,
    async () => {
      disk.fill(2_000_000);
      await host.startNew("heavy", "h", { count: 10, bytes: 300_000 });
      await untilTrue(() => host.log.includes("could not be stored"));
      disk.free();
      expect((await host.until("h")).output).toBe(3_000_000);
      expect(heavySteps()).toEqual(Array.from({ length: 10 }, (_, n) => `heavy ${n}`));
    },
  );

  run(
    `loses nothing it had acknowledged, and runs again only what it could not store, when the host is killed while the disk is full${reason}`,
    async () => {
      disk.fill(2_000_000);
      await host.startNew("heavy", "h", { count: 10, bytes: 300_000 });
      await untilTrue(() => host.log.includes("could not be stored"));
      await host.kill();
      disk.free();
      host = await start();
      expect((await host.until("h")).output).toBe(3_000_000);
      expect(heavySteps().length).toBeLessThanOrEqual(11);
    },
  );
});
