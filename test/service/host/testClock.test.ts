import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ClockService } from "../../clock/clockService";
import { fixture, HostProcess, readJournal, Scratch, untilTrue } from "./hostProcess";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Half past, so that no hour begins while the machine's own seconds go by. */
const begin = Date.parse("2031-03-01T00:30:00Z");

let scratch: Scratch;
let hosts: HostProcess[];
let clock: ClockService;

beforeEach(async () => {
  scratch = new Scratch();
  hosts = [];
  clock = await ClockService.start(begin);
});

afterEach(async () => {
  await Promise.all(hosts.map((host) => host.kill()));
  await clock.stop();
  scratch.remove();
});

function launch(environment: Readonly<Record<string, string>>): HostProcess {
  const host = new HostProcess({
    app: fixture("calendar"),
    dataDir: scratch.file("data"),
    environment: { TEST_JOURNAL: scratch.file("journal"), ...environment },
  });
  hosts.push(host);
  return host;
}

async function start(): Promise<HostProcess> {
  const host = launch(clock.environment);
  await host.ready;
  return host;
}

const noted = (word: string): string[] =>
  readJournal(scratch.file("journal")).filter((line) => line.startsWith(word));

const utc = (instant: number): string => new Date(instant).toISOString().slice(0, 16);

describe("a host that follows a test's clock", () => {
  test("gives the app the moved time, and runs an hourly timer once for each hour of three days", async () => {
    const host = await start();
    const { now } = (await (await host.fetch("/api/now")).json()) as { readonly now: number };
    expect(Math.abs(now - clock.now())).toBeLessThan(10 * 60_000);
    const hours = Array.from({ length: 72 }, (_, hour) => begin + (hour + 1) * hourMs);
    for (const [index, at] of hours.entries()) {
      await clock.moveTo(at);
      await untilTrue(() => noted("hour").length > index);
    }
    expect(noted("hour")).toEqual(hours.map((at) => `hour ${utc(at)}`));
  });

  test("lets a year of durable timers pass in seconds, through a kill in the middle of it", async () => {
    let host = await start();
    await host.startNew("year", "one", null);
    for (let month = 1; month <= 12; month++) {
      await untilTrue(async () => (await host.status("one")).customStatus === `month ${month}`);
      if (month === 6) {
        await host.kill();
        host = await start();
      }
      await clock.moveTo(begin + month * (30 * dayMs + hourMs));
      await untilTrue(() => noted("month").length === month);
    }
    expect((await host.until("one")).output).toBe("over");
    expect(noted("month").at(-1)).toBe(`month ${utc(begin + 12 * (30 * dayMs + hourMs))}`);
  });

  test.each([
    ["outside tests", { NODE_ENV: "production" }, "NODE_ENV=test"],
    ["beyond loopback", { SLUICE_TEST_CLOCK: "http://192.0.2.1/" }, "loopback"],
    ["that does not answer", { SLUICE_TEST_CLOCK: "http://127.0.0.1:1/" }, "does not answer"],
  ])("refuses to start with a clock %s", async (_, changed, problem) => {
    const { code, stderr } = await launch({ ...clock.environment, ...changed }).ended;
    expect([code, stderr.trim().split("\n")]).toEqual([1, [expect.stringContaining(problem)]]);
  });
});
