"use strict";
/* eslint-disable require-yield -- an orchestrator is a generator even when it waits for nothing */
/** Orchestrators that do what a seed says: every kind of task, alone and nested, in every replay the same. */
const df = require("durable-functions");

/** Numbers in [0, 1) that depend on the seed alone. */
function numbersFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function makeTask(context, next, depth) {
  const { df: durable } = context;
  const id = durable.instanceId;
  const pick = next();
  const n = Math.floor(next() * 100);
  if (pick < 0.3) return durable.callActivity("step", { id, n });
  if (pick < 0.45) return durable.callActivityWithRetry("step", new df.RetryOptions(5, 2), { id, n });
  if (pick < 0.55) return durable.createTimer(new Date(durable.currentUtcDateTime.getTime() + n / 10));
  if (pick < 0.65) return durable.callSubOrchestrator("tellsNumber", n);
  if (pick < 0.75) return durable.callActivityWithRetry("boom", new df.RetryOptions(2, 2), `random ${n}`);
  if (depth === 2) return durable.callActivity("identity", n);
  const tasks = Array.from({ length: 2 + Math.floor(next() * 3) }, () => makeTask(context, next, depth + 1));
  return pick < 0.9 ? durable.Task.all(tasks) : durable.Task.any(tasks);
}

df.app.orchestration("tellsNumber", function* (context) {
  return context.df.getInput() * 2;
});

/** Continues as new every `perGeneration` steps. The races of a step are settled before the next one. */
df.app.orchestration("randomProgram", function* (context) {
  const { seed, steps, perGeneration, sum } = context.df.getInput();
  const next = numbersFrom(seed);
  let total = sum;
  for (let step = 0; step < Math.min(steps, perGeneration); step++) {
    const task = makeTask(context, next, 0);
    try {
      const value = yield task;
      total = (total * 31 + digest(value)) % 1_000_003;
    } catch {
      total = (total * 31 + 7) % 1_000_003;
    }
  }
  if (steps <= perGeneration) return total;
  const seedOfNext = Math.floor(next() * 2 ** 32);
  context.df.continueAsNew({ seed: seedOfNext, steps: steps - perGeneration, perGeneration, sum: total });
});

/** A number that a value leads to; the winner of a race counts as nothing, for it depends on the clock. */
function digest(value) {
  if (Array.isArray(value)) return value.reduce((total, each) => total * 17 + digest(each), 3) % 1_000_003;
  return typeof value === "number" ? value : 1;
}
