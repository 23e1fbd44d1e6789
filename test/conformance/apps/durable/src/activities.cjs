"use strict";
const { existsSync, writeFileSync } = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const df = require("durable-functions");
const { journal } = require("./journal.cjs");

/** Adds one; `ms` makes it take that long. */
df.app.activity("step", {
  handler: async ({ id, n, ms = 0 }) => {
    journal("step", [id, n]);
    if (ms > 0) await sleep(ms);
    journal("stepped", [id, n]);
    return n + 1;
  },
});

df.app.activity("identity", { handler: (input) => input });

df.app.activity("typeOf", { handler: (input) => (input === null ? "null" : typeof input) });

df.app.activity("boom", {
  handler: (text) => {
    journal("boom", [text, Date.now()]);
    throw new Error(text);
  },
});

/** Waits for the file, then answers `value` or throws it. Fails once only when `once` is set. */
df.app.activity("gate", {
  handler: async ({ name, file, fails, once }) => {
    journal("gate", name);
    while (!existsSync(file)) await sleep(5);
    if (!fails) return name;
    if (once && existsSync(`${file}.failed`)) return `${name} at last`;
    writeFileSync(`${file}.failed`, "");
    throw new Error(`${name} failed`);
  },
});

/** Ends a process on its first run: this one, or the host that started it. */
df.app.activity("killOnce", {
  handler: async ({ file, whom }) => {
    journal("killOnce");
    if (existsSync(file)) return "survived";
    writeFileSync(file, "");
    process.kill(whom === "host" ? process.ppid : process.pid, "SIGKILL");
    await sleep(60_000);
  },
});

df.app.activity("failTimes", {
  handler: ({ file, times }) => {
    const failed = [...Array(times).keys()].filter((n) => existsSync(`${file}.${n}`)).length;
    if (failed === times) return "at last";
    writeFileSync(`${file}.${failed}`, "");
    throw new Error(`failure ${failed + 1}`);
  },
});
