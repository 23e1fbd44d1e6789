import { describe, expect, test } from "@jest/globals";
import { parseLocalSettings, resolveSettings } from "../../../src/host/app/appSettings";
import { parseHostConfig } from "../../../src/host/app/hostConfig";
import { isHeard } from "../../../src/host/log/logLevel";

const parse = (json: unknown, environment: Record<string, string> = {}) =>
  parseHostConfig(JSON.stringify(json), environment, 2);

describe("host.json", () => {
  test("has the defaults of the real host", () => {
    expect(parse({ version: "2.0" })).toMatchObject({
      routePrefix: "api",
      functionTimeoutMs: 1_800_000,
      durable: { hubName: "TestHubName", maxConcurrentActivities: 20, maxConcurrentOrchestrators: 20 },
    });
  });

  test("is read whatever the case of its keys, and the environment overrides it", () => {
    const json = {
      version: "2.0",
      functionTimeout: "00:10:00",
      extensions: { DurableTask: { HubName: "Mine" } },
    };
    const config = parse(json, {
      AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions: "3",
    });
    expect(config).toMatchObject({
      functionTimeoutMs: 600_000,
      durable: { hubName: "Mine", maxConcurrentActivities: 3 },
    });
  });

  test.each([
    [{}, "version"],
    [{ version: "2.0", functionTimeout: "soon" }, "functionTimeout"],
    [{ version: "2.0", extensions: { durableTask: { hubName: "no-dashes" } } }, "hubName"],
    [
      { version: "2.0", extensions: { durableTask: { maxConcurrentActivityFunctions: 0 } } },
      "maxconcurrentactivityfunctions",
    ],
    [{ version: "2.0", logging: { logLevel: { default: "loud" } } }, "logLevel"],
  ])("refuses %j, naming %s", (json, key) => {
    expect(() => parse(json)).toThrow(key);
  });

  test("knows no limit for -1", () => {
    expect(parse({ version: "2.0", functionTimeout: "-1" }).functionTimeoutMs).toBeNull();
  });

  test("lets the longest category prefix decide what is heard", () => {
    const { logFilter } = parse({
      version: "2.0",
      logging: { logLevel: { default: "Warning", Function: "Error", "Function.a": "Trace" } },
    });
    const heard = ["Host", "Function.b", "Function.a.User", "Function.ab"].map((category) =>
      isHeard(logFilter, category, "warning"),
    );
    expect(heard).toEqual([true, false, true, false]);
  });
});

describe("app settings", () => {
  test("come from local.settings.json as texts", () => {
    expect(parseLocalSettings('{"Values":{"A":"1","B":true}}')).toEqual({ A: "1", B: "true" });
    expect(() => parseLocalSettings('{"IsEncrypted":true}')).toThrow(/encrypted/);
  });

  test("are found inside a longer text", () => {
    expect(resolveSettings("a-%X%-%Y%", { X: "1", Y: "2" })).toBe("a-1-2");
  });
});
