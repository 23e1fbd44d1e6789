"use strict";
/** Every kind of hook; what they saw goes to the journal that the test names. */
const { appendFileSync } = require("node:fs");
const { app } = require("@azure/functions");

const journal = (value) => appendFileSync(process.env.TEST_JOURNAL, `${JSON.stringify(value)}\n`);

app.hook.appStart((context) => {
  context.hookData.fromStart = "kept";
  journal({ hook: "appStart" });
});
app.hook.appTerminate((context) => journal({ hook: "appTerminate", fromStart: context.hookData.fromStart }));

app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName !== "hooked") return;
  context.inputs.push("added");
  const original = context.functionHandler;
  context.functionHandler = async (...args) => `wrapped ${await original(...args)}`;
  context.hookData.fromPre = "shared";
});
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName !== "hooked") return;
  journal({
    hook: "postInvocation",
    result: context.result,
    error: context.error,
    fromPre: context.hookData.fromPre,
  });
  context.result = { body: context.result };
});

app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName !== "readOnly") return;
  for (const name of ["hookData", "invocationContext"]) {
    try {
      context[name] = {};
    } catch (error) {
      context.inputs.push(error.message);
    }
  }
});

app.hook.preInvocation(() => journal({ hook: "disposed" })).dispose();

app.hook.log((context) => {
  if (context.message === "whisper") {
    context.level = "error";
    context.message = `shout from ${context.invocationContext?.functionName}`;
  }
  if (context.category === "system") context.message = "hijacked";
});

app.timer("atStart", {
  schedule: "0 0 0 1 1 *",
  runOnStartup: true,
  handler: () => journal({ ran: "atStart" }),
});
app.http("hooked", { handler: (request, added) => `handler got ${added}` });
app.http("readOnly", { handler: (request, ...messages) => ({ jsonBody: messages.slice(0, -1) }) });
app.http("logs", {
  methods: ["POST"],
  handler: async (request, context) => {
    context.info("whisper");
    context.info("as it was");
    return {};
  },
});
/** Logs after it has ended, which the library complains about in the name of the system. */
app.http("logsLate", {
  handler: (request, context) => {
    setImmediate(() => context.info("too late"));
    return {};
  },
});
app.http("registers", {
  handler: () => {
    try {
      app.http("late", { handler: () => ({}) });
    } catch (error) {
      return { body: error.message };
    }
    return { body: "registered" };
  },
});
app.http("off", { handler: () => ({ body: "I am on" }) });
