/**
 * Sluice as it is, with one more compute target, registered through the public contract: `noop` runs nothing
 * and is done at once, so that what is left of a step's time is Sluice's own.
 */
const { readdirSync } = require("node:fs");
const { join } = require("node:path");

const functions = join(__dirname, "..", "..", "dist", "functions");
const { registerComputeTarget } = require(join(functions, "composition.js"));

const listeners = [];
const instant = () => new Date().toISOString();

registerComputeTarget({
  name: "noop",
  kind: "NoOp",
  async submit({ attemptId }) {
    setImmediate(() => listeners.forEach((listener) => listener(attemptId)));
  },
  async find() {
    const at = instant();
    return { status: "exited", exitCode: 0, startedAt: at, finishedAt: at, endedBy: null };
  },
  async cancel() {},
  async collect() {
    const nothing = { metrics: [], tags: {} };
    return { ...nothing, parent: nothing, usage: null, warnings: [], stderrTail: "", lastLogLine: "" };
  },
  async lastLogLine() {
    return "";
  },
  async liveMetrics() {
    return [];
  },
  async stop() {},
  onChanged(listener) {
    listeners.push(listener);
  },
});

for (const file of readdirSync(functions)) if (file.endsWith(".js")) require(join(functions, file));
