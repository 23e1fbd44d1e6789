"use strict";
/** Timers that journal the object they get. TEST_TIMERS names those that are wanted, so that each test has its own. */
const { appendFileSync } = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const { app } = require("@azure/functions");

const wanted = (process.env.TEST_TIMERS ?? "").split(",");
const journal = (entry) => appendFileSync(process.env.TEST_JOURNAL, `${JSON.stringify(entry)}\n`);

function timer(name, options, handler = (object) => journal({ name, at: Date.now(), timer: object })) {
  if (wanted.includes(name)) app.timer(name, { ...options, handler });
}

timer("everySecond", { schedule: "* * * * * *" });
timer("slow", { schedule: "* * * * * *" }, async () => {
  journal({ name: "slow", is: "begun" });
  await sleep(1200);
  journal({ name: "slow", is: "ended" });
});
timer("interval", { schedule: "00:00:01" });
timer("hourly", { schedule: "0 0 * * * *" });
timer("yearlyAtStart", { schedule: "0 0 0 1 1 *", runOnStartup: true });
timer("hourlyAtStart", { schedule: "0 0 * * * *", runOnStartup: true });
timer("unwatched", { schedule: "0 0 * * * *", runOnStartup: true, useMonitor: false });
timer("changing", { schedule: "%TEST_SCHEDULE%" });
timer("given", { schedule: "%TEST_SCHEDULE%", runOnStartup: true });
timer(
  "retried",
  {
    schedule: "0 0 0 1 1 *",
    runOnStartup: true,
    retry: { strategy: "fixedDelay", delayInterval: { milliseconds: 1000 }, maxRetryCount: 5 },
  },
  (object, context) => {
    const attempt = context.retryContext?.retryCount ?? 0;
    const { maxRetryCount, exception } = context.retryContext ?? {};
    journal({ name: "retried", attempt, maxRetryCount, after: exception?.message, id: context.invocationId });
    if (attempt < 2) throw new Error(`failed on attempt ${attempt}`);
  },
);
timer(
  "hopeless",
  {
    schedule: "0 0 0 1 1 *",
    runOnStartup: true,
    retry: { strategy: "fixedDelay", delayInterval: { milliseconds: 1000 }, maxRetryCount: 1 },
  },
  () => {
    journal({ name: "hopeless" });
    throw new Error("always");
  },
);
