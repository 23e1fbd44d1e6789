import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { readJournal, untilTrue } from "../service/host/hostProcess";
import { ConformanceHost, refusal } from "./conformanceHost";

describe("an app of several files", () => {
  let conformance: ConformanceHost | null = null;
  afterEach(async () => conformance?.end());

  test.each([
    ["L01 A CommonJS app whose `main` is a pattern registers the functions of all its files", "severalFiles"],
    ["L02 An ES module app registers the functions of its .js and .mjs files", "esm"],
  ])("%s", async (_, app) => {
    conformance = new ConformanceHost({ app });
    const host = await conformance.start();
    const answers = await Promise.all(
      ["first", "second"].map(async (name) => (await host.fetch(`/api/${name}`)).text()),
    );
    expect(answers).toEqual(["first", "second"]);
  });
});

describe("an app that cannot be loaded", () => {
  test("L03 A `main` that matches no file stops the start and is named", async () => {
    expect(await refusal("noFiles")).toContain("functions/*.cjs");
  });

  test("L04 An exception in an entry file stops the start, naming the file and the message", async () => {
    expect(await refusal("brokenEntry")).toMatch(/entry\.cjs.*broken on purpose/);
  });

  test("L05 Registering a name twice stops the start and names it", async () => {
    expect(await refusal("duplicate")).toContain("'twice'");
  });
});

describe("an app with hooks", () => {
  const conformance = new ConformanceHost({
    app: "hooks",
    environment: { "AzureWebJobs.off.Disabled": "true" },
  });
  const journal = (): unknown[] =>
    readJournal(conformance.journal).map((line) => JSON.parse(line) as unknown);
  const ask = async (route: string, method = "GET"): Promise<Response> =>
    conformance.host.fetch(`/api/${route}`, { method });
  beforeAll(async () => {
    await conformance.start();
  });
  afterAll(async () => conformance.end());

  test("L05 Registering after the start throws instead of adding a function nobody reaches", async () => {
    expect(await (await ask("registers")).text()).toContain("'late'");
    expect((await ask("late")).status).toBe(404);
  });

  test("L07 A pre hook adds an input and replaces the handler; the post hook sees the result, no error, the same hookData", async () => {
    expect(await (await ask("hooked")).text()).toBe("wrapped handler got added");
    expect(journal()).toContainEqual({
      hook: "postInvocation",
      result: "wrapped handler got added",
      error: null,
      fromPre: "shared",
    });
  });

  test("L08 Setting hookData or invocationContext on a hook's context throws the read-only message", async () => {
    expect(await (await ask("readOnly")).json()).toEqual([
      "Cannot assign to read only property 'hookData'",
      "Cannot assign to read only property 'invocationContext'",
    ]);
  });

  test("L10 A log hook changes what the app logs and nothing the library says of the host", async () => {
    await ask("logs", "POST");
    await ask("logsLate");
    await untilTrue(() => conformance.host.log.includes("too late"));
    const lines = conformance.host.log.split("\n");
    expect(lines.filter((line) => line.includes("shout from logs"))).toEqual([
      expect.stringContaining(" erro "),
    ]);
    expect(conformance.host.log).toContain("as it was");
    expect(conformance.host.log).not.toContain("whisper");
    expect(conformance.host.log).not.toContain("hijacked");
  });

  test("L12 A disabled function is neither listed nor routed", async () => {
    const status = (await (await conformance.host.fetch("/admin/host/status")).json()) as {
      readonly functions: readonly { readonly name: string }[];
    };
    expect((await ask("off")).status).toBe(404);
    expect(status.functions.map(({ name }) => name)).not.toContain("off");
    expect(status.functions.map(({ name }) => name)).toContain("hooked");
  });

  test("L06 appStart hooks run before the first trigger, appTerminate hooks when the host is interrupted", async () => {
    await untilTrue(() => readJournal(conformance.journal).some((line) => line.includes("atStart")));
    await conformance.interrupt();
    const [first] = journal();
    expect(first).toEqual({ hook: "appStart" });
    expect(journal().at(-1)).toEqual({ hook: "appTerminate", fromStart: "kept" });
  });

  test("L09 A disposed hook never runs, not even once in all these invocations", () => {
    expect(journal()).not.toContainEqual({ hook: "disposed" });
    expect(journal()).toContainEqual({ ran: "atStart" });
  });
});
