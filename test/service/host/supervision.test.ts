import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fixture, HostProcess, readJournal, Scratch, untilTrue } from "./hostProcess";

let scratch: Scratch;
let host: HostProcess;

beforeEach(async () => {
  scratch = new Scratch();
  writeFileSync(scratch.file("journal"), "");
  host = new HostProcess({
    app: fixture("deadly"),
    dataDir: scratch.file("data"),
    environment: { TEST_JOURNAL: scratch.file("journal") },
  });
  await host.ready;
});

afterEach(async () => {
  await host.kill();
  scratch.remove();
});

const count = (line: string): number =>
  readJournal(scratch.file("journal")).filter((each) => each === line).length;

async function workerPid(): Promise<number> {
  const status = (await (await host.fetch("/admin/host/status")).json()) as { worker: { processId: number } };
  return status.worker.processId;
}

/** An orphan that ended may stay listed where nothing reaps it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !readFileSync(stat, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

describe("a function that ends its process", () => {
  test.each([
    ["exit", "process.exit(7) was called in 'end'"],
    ["reject", "nobody waits for this in 'end'"],
    ["throw", "thrown in a timer in 'end'"],
    ["memory", "out of memory"],
    ["loop", "longer than functionTimeout"],
  ])("by way of '%s' is told so, and the app is served again", async (way, reason) => {
    const answer = await host.fetch(`/api/end/${way}`);
    expect(answer.status).toBe(500);
    expect(((await answer.json()) as { message: string }).message).toContain(reason);
    await untilTrue(async () => (await host.fetch("/api/fine")).status === 200);
    await untilTrue(() => host.log.includes("a new one starts in"));
    expect(host.log).toContain(reason);
  });
});

describe("an activity that ends its process every time", () => {
  test.each(["exit", "memory"])("by way of '%s' fails after five runs, saying why", async (way) => {
    const { runtimeStatus, output } = await host.run("poisoned", "p", way);
    expect(runtimeStatus).toBe("Failed");
    expect(output).toContain("the app's process ended during each of its 5 runs");
    expect(count(`poison ${way}`)).toBe(5);
    expect(host.log).toContain("attempt 5");
  });

  test("does not count against an activity that shared its process and is innocent", async () => {
    await host.startNew("watched", "w", 5);
    await untilTrue(() => count("bystander") === 1);
    await host.run("poisoned", "p", "exit");
    expect((await host.until("w")).output).toBe("unharmed");
    expect(host.log).not.toContain("'bystander' of 'w' runs again (attempt 2)");
    expect(host.log).toContain("'bystander' of 'w' runs again (attempt 1)");
  });
});

describe("an orchestrator that ends its process", () => {
  test("is tried again after growing pauses and never fails for it", async () => {
    expect((await host.run("endsTwice", "e", null)).runtimeStatus).toBe("Completed");
    expect(host.log).toContain("A turn of 'e' did not finish");
  });
});

describe("the health of the host", () => {
  test("names the app's process that is down, and is well again once it runs", async () => {
    await host.fetch("/api/end/exit");
    let seen: unknown = null;
    await untilTrue(async () => {
      const health = await host.fetch("/admin/host/health");
      if (health.status === 503) seen ??= await health.json();
      return health.status === 200;
    });
    expect(seen).toEqual({
      status: "unhealthy",
      problems: [{ part: "app", problem: expect.stringContaining("process.exit(7) was called in 'end'") }],
    });
  });
});

describe("a busy worker", () => {
  test("does not survive a host that is killed, though its main thread notices nothing", async () => {
    const pid = await workerPid();
    void host.fetch("/api/looping").catch(() => undefined);
    await untilTrue(() => count("looping") === 1);
    expect(isAlive(pid)).toBe(true);
    await host.kill();
    await untilTrue(() => !isAlive(pid));
  });
});
