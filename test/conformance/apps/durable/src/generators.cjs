"use strict";
/* eslint-disable require-yield -- an orchestrator is a generator even when it waits for nothing */
/** One small orchestrator for each thing that the statements about orchestrations say. Histories of some are replayed. */
const df = require("durable-functions");
const { journal } = require("./journal.cjs");

const inMs = (context, ms) => new Date(context.df.currentUtcDateTime.getTime() + ms);

exports.chain = function* (context) {
  const { length, ms } = context.df.getInput();
  const results = [];
  for (let i = 0, n = 0; i < length; i++) {
    n = yield context.df.callActivity("step", { id: context.df.instanceId, n, ms });
    results.push(n);
  }
  return results;
};

exports.fan = function* (context) {
  const { width, ms } = context.df.getInput();
  const id = context.df.instanceId;
  const tasks = Array.from({ length: width }, (_, n) => context.df.callActivity("step", { id, n, ms }));
  return yield context.df.Task.all(tasks);
};

exports.roundTrip = function* (context) {
  const values = context.df.getInput();
  const results = [];
  for (const value of values) results.push(yield context.df.callActivity("identity", value));
  const types = yield context.df.Task.all(values.map((value) => context.df.callActivity("typeOf", value)));
  return { results, types };
};

exports.echoInput = function* (context) {
  const input = context.df.getInput();
  return { type: input === null ? "null" : typeof input, input };
};

exports.catcher = function* (context) {
  try {
    yield context.df.callActivity("boom", context.df.getInput());
  } catch (error) {
    return error.message;
  }
};

exports.thrower = function* (context) {
  throw new Error(context.df.getInput());
};

exports.caller = function* (context) {
  const { activity, input } = context.df.getInput();
  try {
    return yield context.df.callActivity(activity, input);
  } catch {
    return "caught";
  }
};

exports.retried = function* (context) {
  const { pauseMs, attempts } = context.df.getInput();
  const outcome = { error: null, after: null };
  try {
    yield context.df.callActivityWithRetry("boom", new df.RetryOptions(pauseMs, attempts), "retried");
  } catch (error) {
    outcome.error = error.message;
  }
  outcome.after = yield context.df.callActivity("identity", "after");
  return outcome;
};

exports.retriesInAll = function* (context) {
  const { flaky, plain } = context.df.getInput();
  context.df.setCustomStatus("waiting");
  const results = yield context.df.Task.all([
    context.df.callActivity("gate", { name: "plain", file: plain, fails: false }),
    context.df.callActivityWithRetry("gate", new df.RetryOptions(20, 3), {
      name: "flaky",
      file: flaky,
      fails: true,
      once: true,
    }),
  ]);
  return [...results, yield context.df.callActivity("identity", "after")];
};

exports.parent = function* (context) {
  const { child, id, input, attempts } = context.df.getInput();
  const options = new df.RetryOptions(20, attempts ?? 1);
  try {
    const result =
      attempts === undefined
        ? yield context.df.callSubOrchestrator(child, input, id)
        : yield context.df.callSubOrchestratorWithRetry(child, options, input, id);
    return { result };
  } catch (error) {
    return { failed: error.message };
  }
};

exports.tellsItsId = function* (context) {
  return context.df.instanceId;
};

exports.failsTimes = function* (context) {
  const attempt = yield context.df.callActivity("failTimes", context.df.getInput());
  return attempt;
};

exports.alarm = function* (context) {
  const due = inMs(context, context.df.getInput());
  yield context.df.createTimer(due);
  return { early: context.df.currentUtcDateTime < due };
};

/** Its activity wins against an hour; the timer is cancelled or forgotten. */
exports.race = function* (context) {
  const { cancels } = context.df.getInput();
  const timer = context.df.createTimer(inMs(context, 3_600_000));
  yield context.df.Task.any([timer, context.df.callActivity("identity", 1)]);
  if (cancels) timer.cancel();
  return "over";
};

exports.timerOrEvents = function* (context) {
  const timer = context.df.createTimer(inMs(context, 3_600_000));
  const got = [];
  while (got.length < 3) {
    const event = context.df.waitForExternalEvent("answer");
    const winner = yield context.df.Task.any([event, timer]);
    if (winner === timer) return "too late";
    got.push(event.result);
    context.df.setCustomStatus(got.length);
  }
  timer.cancel();
  return got;
};

exports.yieldedTwice = function* (context) {
  const slow = context.df.callActivity("step", { id: context.df.instanceId, n: 1, ms: 30 });
  const quick = context.df.callActivity("step", { id: context.df.instanceId, n: 10 });
  yield context.df.Task.any([slow, quick]);
  return [yield slow, yield quick];
};

/** Waits for events, of the names in turn. */
exports.events = function* (context) {
  const got = [];
  const names = context.df.getInput();
  context.df.setCustomStatus("waiting");
  for (const name of names) {
    const value = yield context.df.waitForExternalEvent(name);
    got.push(value === undefined ? "undefined" : value);
    context.df.setCustomStatus({ got: got.length });
  }
  return got;
};

/** Events first stay unread behind a gate. */
exports.lateReader = function* (context) {
  yield context.df.waitForExternalEvent("begin");
  const got = [];
  for (const name of context.df.getInput()) got.push(yield context.df.waitForExternalEvent(name));
  return got.map((value) => (value === undefined ? "undefined" : value));
};

exports.generations = function* (context) {
  const { left, total } = context.df.getInput();
  if (left % 5 === 0) context.df.setCustomStatus({ left });
  const next = yield context.df.callActivity("step", { id: context.df.instanceId, n: total });
  if (left === 1) return next;
  context.df.continueAsNew({ left: left - 1, total: next });
};

exports.collector = function* (context) {
  const { got, want } = context.df.getInput();
  const next = [...got, yield context.df.waitForExternalEvent("item")];
  if (next.length === want) return next;
  context.df.continueAsNew({ got: next, want });
};

/** Never asks for "extra", which is there when it continues as new. */
exports.dropper = function* (context) {
  const { generation } = context.df.getInput();
  if (generation === 1) {
    yield context.df.waitForExternalEvent("begin");
    context.df.continueAsNew({ generation: 2 });
    return;
  }
  context.df.setCustomStatus("second");
  const end = context.df.waitForExternalEvent("end");
  const extra = context.df.waitForExternalEvent("extra");
  const winner = yield context.df.Task.any([end, extra]);
  return winner === end ? "dropped" : "kept";
};

exports.clockAndIds = function* (context) {
  const seen = [];
  for (let n = 0; n < 3; n++) {
    seen.push([
      context.df.currentUtcDateTime.getTime(),
      context.df.newGuid(`${n}`),
      context.df.newGuid(`${n}`),
    ]);
    journal("seen", [context.df.instanceId, n, ...seen[n]]);
    yield context.df.waitForExternalEvent("next");
  }
  return seen;
};

exports.replaying = function* (context) {
  const flags = [];
  for (let n = 0; n < 3; n++) {
    flags.push(context.df.isReplaying);
    yield context.df.callActivity("identity", n);
  }
  flags.push(context.df.isReplaying);
  journal("flags", [context.df.instanceId, flags]);
  return flags;
};

exports.version = function* (context) {
  return context.df.version ?? null;
};

exports.monitor = function* (context) {
  const { polls, everyMs } = context.df.getInput();
  const results = [];
  for (let n = 0; n < polls; n++) {
    results.push(yield context.df.callActivity("step", { id: context.df.instanceId, n }));
    yield context.df.createTimer(inMs(context, everyMs));
  }
  return results;
};

exports.callsOutside = function* (context) {
  const what = context.df.getInput();
  if (what === "callHttp") return yield context.df.callHttp({ method: "GET", url: "http://localhost/" });
  const entity = new df.EntityId("counter", "one");
  if (what === "lock") return yield context.df.lock(entity);
  if (what === "signalEntity") {
    context.df.signalEntity(entity, "add", 1);
    return yield context.df.waitForExternalEvent("never");
  }
  return yield context.df.callEntity(entity, "get");
};
