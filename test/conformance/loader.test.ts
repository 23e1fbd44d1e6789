import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ConformanceHost, refusal } from "./conformanceHost";

describe("an app of several files", () => {
  const conformance = new ConformanceHost({ app: "severalFiles" });
  beforeAll(async () => {
    await conformance.start();
  });
  afterAll(async () => conformance.end());

  test("L01 A CommonJS app whose `main` is a pattern over several files registers the functions of all of them", async () => {
    const answers = await Promise.all(
      ["first", "second"].map(async (name) => (await conformance.host.fetch(`/api/${name}`)).text()),
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
});
