import { describe, expect, test } from "@jest/globals";
import { buildFunctionTable, type FunctionTable } from "../../../src/host/app/functionTable";
import type { Binding } from "../../../src/host/worker/protocol";

const fn = (name: string, trigger: Binding, others: Record<string, Binding> = {}) => ({
  name,
  bindings: { trigger: { direction: "in", ...trigger }, ...others },
  retryOptions: null as Record<string, unknown> | null,
});

function build(registered: ReturnType<typeof fn>[], settings: Record<string, string> = {}): FunctionTable {
  return buildFunctionTable({ registered, routePrefix: "api", only: null, defaultRetry: null, settings });
}

describe("the function table", () => {
  test("orders functions by name whatever their case, since the order decides between routes", () => {
    const http = { type: "httpTrigger", authLevel: "anonymous" };
    expect(build([fn("b", http), fn("A", http), fn("C", http)]).functions.map((each) => each.name)).toEqual([
      "A",
      "b",
      "C",
    ]);
  });

  test.each([
    ["entityTrigger", "keep the state in a table"],
    ["blobTrigger", "subscribe an eventGridTrigger"],
    ["kafkaTrigger", "call an HTTP function"],
    ["rabbitMQTrigger", "supported triggers"],
  ])("refuses a %s, naming the function and what to use instead", (type, remedy) => {
    const [problem] = build([fn("f", { type })]).problems;
    expect(problem).toContain("Function 'f'");
    expect(problem).toContain(type);
    expect(problem).toContain(remedy);
  });

  test("refuses an output binding instead of dropping its value", () => {
    const table = build([
      fn(
        "f",
        { type: "timerTrigger", schedule: "0 * * * * *" },
        { out: { type: "queue", direction: "out" } },
      ),
    ]);
    expect(table.problems).toEqual([expect.stringContaining("output binding 'queue'")]);
  });

  test("accepts the HTTP output and durable clients", () => {
    const others = {
      $return: { type: "http", direction: "out" },
      client: { type: "durableClient", direction: "in" },
    };
    const table = build([fn("f", { type: "httpTrigger" }, others)]);
    expect(table.problems).toEqual([]);
    expect(table.functions).toEqual([expect.objectContaining({ kind: "http", clientInputs: ["client"] })]);
  });

  test("leaves a disabled function out, even one it would refuse", () => {
    const table = build([fn("f", { type: "kafkaTrigger" })], { "AzureWebJobs.f.Disabled": "true" });
    expect(table).toMatchObject({ functions: [], problems: [], disabled: ["f"] });
  });

  test("resolves %SETTING% in a schedule and names a missing one", () => {
    const timer = fn("t", { type: "timerTrigger", schedule: "%WHEN%" });
    expect(build([timer], { WHEN: "0 * * * * *" }).problems).toEqual([]);
    expect(build([timer]).problems).toEqual([expect.stringContaining("'WHEN'")]);
  });

  test("reports every problem at once, names that differ only in case among them", () => {
    const table = build([
      fn("x", { type: "a trigger" }),
      fn("f", { type: "activityTrigger" }),
      fn("F", { type: "activityTrigger" }),
    ]);
    expect(table.problems).toHaveLength(2);
  });

  test("reads a schedule on the wall clock of WEBSITE_TIME_ZONE, and refuses a name it does not know", () => {
    const timer = fn("t", { type: "timerTrigger", schedule: "0 0 9 * * *" });
    const [found] = build([timer], { WEBSITE_TIME_ZONE: "Europe/Vienna", TZ: "Asia/Tokyo" }).functions;
    const next = found?.kind === "timer" ? found.rule.next(Date.parse("2026-01-15T00:00:00Z")) : 0;
    expect(new Date(next).toISOString()).toBe("2026-01-15T08:00:00.000Z");
    expect(build([timer], { WEBSITE_TIME_ZONE: "W. Europe Standard Time" }).problems).toEqual([
      expect.stringContaining("IANA"),
    ]);
  });

  test("refuses a schedule that never fires, instead of failing when it is first asked", () => {
    const timer = fn("t", { type: "timerTrigger", schedule: "0 0 0 31 FEB *" });
    expect(build([timer]).problems).toEqual([expect.stringContaining("never fires")]);
  });

  test("takes retry options for timers, warns where they have no effect, and refuses what it cannot follow", () => {
    const retryOptions = { retryStrategy: "fixedDelay", maxRetryCount: 2, delayInterval: { seconds: 5 } };
    const timer = { ...fn("t", { type: "timerTrigger", schedule: "0 0 9 * * *" }), retryOptions };
    expect(build([timer]).functions).toEqual([
      expect.objectContaining({ retry: { kind: "fixedDelay", maxRetries: 2, delayMs: 5000 } }),
    ]);
    const http = { ...fn("h", { type: "httpTrigger" }), retryOptions };
    expect(build([http])).toMatchObject({ problems: [], warnings: [expect.stringContaining("'h'")] });
    const wrong = { ...timer, retryOptions: { ...retryOptions, maxRetryCount: -2 } };
    expect(build([wrong]).problems).toEqual([expect.stringContaining("maxRetryCount")]);
  });

  test("warns of routes that overlap, since the name of the function decides between them", () => {
    const http = (name: string, route: string, methods: string[]): ReturnType<typeof fn> =>
      fn(name, { type: "httpTrigger", route, methods });
    const table = build([
      http("byId", "runs/{id}", ["GET"]),
      http("cancel", "runs/{id}/cancel", ["POST"]),
      http("create", "runs/{id}", ["POST"]),
      http("latest", "runs/latest", ["GET"]),
    ]);
    expect(table.warnings).toEqual([expect.stringMatching(/'byId'.*'latest'.*overlap; 'byId' gets/)]);
  });
});
