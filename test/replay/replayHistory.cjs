"use strict";
/** Lets the real durable-functions library replay a history, as its host has it do. */
const { Orchestrator } = require("durable-functions/lib/src/orchestrations/Orchestrator");

/** What an orchestrator's trigger is given. */
function orchestratorTrigger({ instanceId, input, history }) {
  return {
    history,
    input,
    instanceId,
    isReplaying: true,
    parentInstanceId: null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: "36500.00:00:00",
    maximumShortTimerDuration: "36500.00:00:00",
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
}

/** The library's answer to the history; what was recorded stays as it is. */
async function replayHistory(generator, recorded) {
  return new Orchestrator(generator).listen()(orchestratorTrigger(JSON.parse(JSON.stringify(recorded))), {});
}

module.exports = { replayHistory };
