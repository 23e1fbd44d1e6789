/**
 * The harness against builds whose commits are in the wrong order. Each patch works as long as nothing is killed; it
 * opens a window in which a kill breaks one promise, and the harness must name that promise.
 */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crashRun } from "./crashRun";
import { patchedBuild, type Patch } from "./patchedBuild";
import { seededDice } from "./seededDice";

const kills = 6;
const windowMs = 150;
const later = (work: string, ms = windowMs): string => `setTimeout(() => { ${work} }, ${ms});`;

const startAnsweredFirst: Patch = {
  file: "host/durable/taskHub.js",
  place: "const outcome = await operations.startInstance(hub, start, config.replaceLivingInstances);",
  broken:
    'const outcome = { kind: "started" };' +
    later(
      "void operations.startInstance(hub, start, config.replaceLivingInstances)" +
        ".then(() => this.#orchestrations.wake([id]));",
    ),
};
const rowLeavesAfterCompletion: Patch = {
  file: "host/durable/turnStore.js",
  place: "void hub.tasks.remove(task.seq);",
  broken: later("void hub.commit(() => void hub.tasks.remove(task.seq));", 10 * windowMs),
};
const rowLeavesBeforeCompletion: Patch = {
  file: "host/durable/activities.js",
  place: "(0, turnStore_1.completeTask)(",
  broken:
    "(async (hub, task, arrival) => {" +
    "await hub.commit(() => void hub.tasks.remove(task.seq));" +
    `await new Promise((resolve) => setTimeout(resolve, ${windowMs}));` +
    "return hub.commit(() => { hub.putReserved(task.instanceId, arrival); return true; }); })(",
};
const eventOutsideTransaction: Patch = {
  file: "host/storage/blob/blobStore.js",
  place: "parts.journal.record(change, happening(call, api, blob, at));",
  broken: later(
    "void parts.rows.commits.commit((next) => parts.journal.record(next, happening(call, api, blob, at)));",
  ),
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-broken-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

async function violationsOf(patches: readonly Patch[]): Promise<readonly string[]> {
  const dist = patchedBuild(folder, patches);
  const scratch = join(folder, "run");
  mkdirSync(scratch);
  const options = { dice: seededDice(7), kills, folder: scratch, dist, patienceMs: 2_000 };
  return (await crashRun({ ...options, onKill: () => undefined })).violations;
}

test("names what is lost and what is repeated by a build that answers before its commits, or splits them", async () => {
  const violations = await violationsOf([
    startAnsweredFirst,
    rowLeavesAfterCompletion,
    eventOutsideTransaction,
  ]);
  for (const promise of ["was accepted and is lost", "began again after", "raised no event"])
    expect(violations).toContainEqual(expect.stringContaining(promise));
}, 240_000);

test("names what never ends in a build that forgets an activity before its completion is committed", async () => {
  const violations = await violationsOf([rowLeavesBeforeCompletion]);
  expect(violations).toContainEqual(expect.stringContaining("never ended"));
}, 240_000);

test("refuses to break a build when the place to break is not there any more", () => {
  const gone: Patch = { file: "host/main.js", place: "no such text", broken: "" };
  expect(() => patchedBuild(folder, [gone])).toThrow(
    /dist\/host\/main\.js at one place .* 'no such text', but the text stands there 0 times/,
  );
});
