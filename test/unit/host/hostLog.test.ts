import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import path from "node:path";
import { hostEvents, type LogEvent } from "../../../src/host/log/eventCatalogue";
import { HostLog, streamSink, type LogEntry } from "../../../src/host/log/hostLog";
import type { LogLevel } from "../../../src/host/log/logLevel";

const catalogue: readonly LogEvent[] = Object.values(hostEvents);

function listen(filter: Record<string, LogLevel> = {}): { log: HostLog; entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  return { log: new HostLog((entry) => entries.push(entry), new Map(Object.entries(filter))), entries };
}

describe("the catalogue of log events", () => {
  test("gives no id and no name to two events (1)", () => {
    expect(new Set(catalogue.map(({ id }) => id)).size).toBe(catalogue.length);
    expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
  });

  test("is what the documentation lists, row by row", () => {
    const page = readFileSync(path.resolve(__dirname, "../../../docs/host-logs.md"), "utf8");
    const rows = page
      .split("\n")
      .filter((line) => /^\| \d/.test(line))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim().replace(/`/g, "")),
      );
    expect(rows).toEqual(
      catalogue.map(({ id, name, level, category, message }) => [String(id), name, level, category, message]),
    );
  });
});

describe("the log", () => {
  test("fills message and category and keeps the fields typed", () => {
    const { log, entries } = listen({ default: "debug" });
    log.executed("score", false, 12.4, "no model");
    expect(entries).toEqual([
      {
        at: expect.any(String),
        level: "error",
        id: 132,
        event: "function-failed",
        category: "Function.score",
        message: "Executed 'Functions.score' (Failed, Duration=12ms): no model",
        detail: { name: "score", durationMs: 12, problem: "no model" },
      },
    ]);
  });

  test("shows no secret, whoever says it, in message or detail", () => {
    const { log, entries } = listen();
    log.hide(["s3cret", ""]);
    log.appOutput("key is s3cret!");
    log.storage("warn", "events.delivery-failed", { why: "401 from /x?code=s3cret", attempts: 1 });
    expect(JSON.stringify(entries)).not.toContain("s3cret");
    expect(entries[0]?.message).toBe("key is ***!");
  });

  test("lets the longest category prefix decide, and silences with none (3)", () => {
    const { log, entries } = listen({ default: "error", function: "debug", "function.quiet": "none" });
    log.executing("loud", "HTTP");
    log.executed("quiet", false, 1, "unheard");
    log.app("information", "loud", "user", "said");
    log.hostWarning("below error");
    expect(entries.map(({ message }) => message)).toEqual([
      "Executing 'Functions.loud' (Reason=HTTP)",
      "said",
    ]);
  });

  test("says an event of the storage that has no entry under its own name", () => {
    const { log, entries } = listen();
    log.storage("info", "storage.unheard-of", { count: 2 });
    expect(entries).toEqual([
      expect.objectContaining({ id: 400, event: "storage.unheard-of", message: '{"count":2}' }),
    ]);
  });

  test("writes one line of JSON per entry, even when an app's message has several lines", () => {
    const lines: string[] = [];
    const stream = { write: (text: string) => lines.push(text) } as unknown as NodeJS.WritableStream;
    new HostLog(streamSink(stream, true)).app("error", null, "user", "two\nlines");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toContain("\n");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ id: 500, level: "error", message: "two\nlines" });
  });
});
