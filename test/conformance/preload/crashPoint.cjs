"use strict";
/**
 * Loaded into the host before its own code: ends the process, as kill -9 does, at a call that TEST_KILL_AT names, such as
 * "commitTurn before 2" (the second turn has run and nothing of it is written) or "completeTask after 1" (the first
 * completion is on disk and nobody knows it yet). The host itself knows nothing of this.
 */
const path = require("node:path");

const host = path.resolve(__dirname, "../../../dist/host");
const modules = ["durable/turnStore.js", "durable/instanceOperations.js"];

function killAtCall(target, name, moment, count) {
  const original = target[name];
  let calls = 0;
  target[name] = async (...input) => {
    calls += 1;
    const isWanted = calls === count;
    if (isWanted && moment === "before") process.kill(process.pid, "SIGKILL");
    const result = await original(...input);
    if (isWanted && moment === "after") process.kill(process.pid, "SIGKILL");
    return result;
  };
}

if (process.env.TEST_KILL_AT && path.resolve(process.argv[1] ?? "") === path.join(host, "main.js")) {
  const [name, moment, count] = process.env.TEST_KILL_AT.split(" ");
  const target = modules.map((file) => require(path.join(host, file))).find((each) => name in each);
  if (target === undefined) throw new Error(`There is no ${name} to be killed at.`);
  killAtCall(target, name, moment, Number(count));
}
