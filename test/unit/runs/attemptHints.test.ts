import { describe, expect, test } from "@jest/globals";
import { createAttemptHints } from "../../../src/runs/attemptHints";

const forEver = 600_000;

describe("hints that an attempt changed", () => {
  test("reach the look that listens, also when they come before it waits", async () => {
    const hints = createAttemptHints(forEver);
    const listening = hints.listen("a");
    expect(hints.tell("a")).toBe(true);
    await listening.heard();
    listening.stop();
  });

  test("are given back to whoever tells them when nobody listens, or listens no more", () => {
    const hints = createAttemptHints(forEver);
    const listening = hints.listen("a");
    expect(hints.tell("b")).toBe(false);
    listening.stop();
    expect(hints.tell("a")).toBe(false);
  });

  test("that never come are waited for as long as patience lasts", async () => {
    const hints = createAttemptHints(1);
    const listening = hints.listen("a");
    await listening.heard();
    listening.stop();
    expect(hints.tell("a")).toBe(false);
  });

  test("are waited for by a few looks at most; the others do not wait, and are woken", async () => {
    const hints = createAttemptHints(forEver);
    const names = Array.from({ length: 20 }, (_, at) => `s${at}`);
    const all = names.map((name) => hints.listen(name));
    const told = names.filter((name) => hints.tell(name));
    expect(told.length).toBe(8);
    await Promise.all(all.slice(told.length).map((one) => one.heard()));
    for (const one of all) one.stop();
  });

  test("of one attempt have one listener: a second look at the same time does not take its place", async () => {
    const hints = createAttemptHints(forEver);
    const first = hints.listen("a");
    const second = hints.listen("a");
    await second.heard();
    second.stop();
    expect(hints.tell("a")).toBe(true);
    await first.heard();
    first.stop();
  });
});
