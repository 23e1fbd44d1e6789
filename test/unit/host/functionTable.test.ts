import { describe, expect, test } from "@jest/globals";
import { buildFunctionTable, type FunctionTable } from "../../../src/host/app/functionTable";
import type { Binding } from "../../../src/host/worker/protocol";

const fn = (name: string, trigger: Binding, others: Record<string, Binding> = {}) => ({
  name,
  bindings: { trigger: { direction: "in", ...trigger }, ...others },
  hasRetryOptions: false,
});

function build(registered: ReturnType<typeof fn>[], settings: Record<string, string> = {}): FunctionTable {
  return buildFunctionTable({ registered, routePrefix: "api", only: null, settings });
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
    ["kafkaTrigger", "supported triggers"],
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

  test("refuses a time zone for timers instead of firing at another hour", () => {
    const table = build([fn("t", { type: "timerTrigger", schedule: "0 0 9 * * *" })], {
      WEBSITE_TIME_ZONE: "Europe/Vienna",
    });
    expect(table.problems).toEqual([expect.stringContaining("WEBSITE_TIME_ZONE")]);
  });
});
