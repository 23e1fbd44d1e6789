"use strict";
/** Functions whose process a test ends at a chosen line, and code that changes between two runs of the host. */
const { existsSync, writeFileSync } = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const { app } = require("@azure/functions");
const df = require("durable-functions");
const { blockUntil, journal } = require("./journal.cjs");

const edition = process.env.TEST_EDITION ?? "first";

/** Kills the host the first time it is asked to for this file. */
async function killHostOnce(file) {
  if (!file || existsSync(file)) return;
  writeFileSync(file, "");
  process.kill(process.ppid, "SIGKILL");
  await sleep(60_000);
}

df.app.orchestration("survivor", function* (context) {
  return yield context.df.callActivity("killOnce", context.df.getInput());
});

/** Its turn takes until the file is there. */
df.app.orchestration("blocked", function* (context) {
  yield context.df.waitForExternalEvent("go");
  journal("blocked", context.df.instanceId);
  blockUntil(context.df.getInput());
  return yield context.df.callActivity("step", { id: context.df.instanceId, n: 0 });
});

df.app.orchestration("alarms", function* (context) {
  const tasks = context.df.getInput().map((due) => context.df.createTimer(new Date(due)));
  yield context.df.Task.all(tasks);
  return "all";
});

/** The code of an instance that a later edition of the app contradicts, or a file does while the host runs. */
df.app.orchestration("edited", function* (context) {
  const file = context.df.getInput();
  const isChanged = edition !== "first" || (file && existsSync(file));
  yield context.df.callActivity(isChanged ? "typeOf" : "identity", 1);
  yield context.df.waitForExternalEvent("go");
  return "over";
});

if (edition !== "third") {
  df.app.orchestration("removed", function* (context) {
    yield context.df.waitForExternalEvent("go");
  });
}

const schedule = "0 * * * * *";
app.timer("monitored", {
  schedule,
  handler: async (timer) => {
    journal("monitored", timer.isPastDue);
    await killHostOnce(process.env.TEST_KILL_MONITORED);
  },
});
app.timer("unmonitored", {
  schedule,
  useMonitor: false,
  handler: (timer) => journal("unmonitored", timer.isPastDue),
});
app.eventGrid("onEvent", {
  handler: async (event) => {
    journal("event", event.id);
    await killHostOnce(process.env.TEST_KILL_EVENT);
  },
});
