import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { devNull } from "node:os";
import { join } from "node:path";
import type { StepAttempt } from "../../../src/compute/computeTarget";
import type { PackageSource, PythonEnvironment } from "../../../src/model/pythonEnvironment";
import { findTestPython } from "../pythonUnderTest";
import {
  attemptOf,
  makeComputePlace,
  openComputeRoom,
  readArtifact,
  untilOver,
  type ComputePlace,
  type ComputeRoom,
} from "./computeRoom";
import { addWheel, usePipSettings } from "./wheelhouse";

// A virtual environment takes its time on a busy machine.
jest.setTimeout(240_000);

let place: ComputePlace;
let wheels: string;
let undoSettings = (): void => undefined;

beforeAll(async () => {
  place = await makeComputePlace();
  wheels = join(place.dataDir, "wheels");
  addWheel(wheels, "sluicetestpackage", "1.5");
  addWheel(wheels, "sluicebroken", "1.0", "nowhere-to-be-found");
  undoSettings = usePipSettings({ PIP_NO_INDEX: "1", PIP_FIND_LINKS: wheels, PIP_CONFIG_FILE: devNull });
});

afterAll(async () => {
  undoSettings();
  await place.remove();
});

const packages = (more: Partial<PackageSource>): PythonEnvironment => ({
  python: { kind: "packages", version: null, pip: [], conda: [], ...more },
  dockerImage: null,
});

const buildLog = "azureml-logs/20_image_build_log.txt";
const buildsBelow = (): readonly string[] => {
  const root = join(place.dataDir, "app", "environments");
  return readdirSync(root).flatMap((key) =>
    readdirSync(join(root, key)).filter((name) => name.startsWith("b")),
  );
};

async function run(room: ComputeRoom, attempt: StepAttempt) {
  await room.target.submit(attempt);
  return untilOver(room.target, attempt.attemptId);
}

const useIt =
  "import sluicetestpackage, sys\nfrom azureml.core import Run\nprint(sluicetestpackage.version, sys.prefix != sys.base_prefix)";

describe("the environment of a step", () => {
  test("is built once for steps that need the same at once, is used again later, and says how it was made", async () => {
    const room = openComputeRoom(place);
    const pythonEnvironment = packages({ pip: ["azureml-defaults", "sluicetestpackage>=1"] });
    const first = await attemptOf(room, useIt, { pythonEnvironment });
    const second = await attemptOf(room, useIt, { pythonEnvironment });
    await Promise.all([run(room, first), run(room, second)]);
    expect(buildsBelow()).toHaveLength(1);
    const later = openComputeRoom(place);
    const third = await attemptOf(later, useIt, { pythonEnvironment });
    await run(later, third);
    expect(buildsBelow()).toHaveLength(1);
    for (const attempt of [first, second, third]) {
      const collected = await later.target.collect(attempt);
      expect(collected.lastLogLine).toBe("1.5 True");
      expect(await readArtifact(later, attempt.stepRunId, buildLog)).toContain(
        "Successfully installed sluicetestpackage",
      );
    }
    expect(await readArtifact(later, third.stepRunId, buildLog)).toContain("was built before");
  });

  test("is not what a crash left half built", async () => {
    const room = openComputeRoom(place);
    const pythonEnvironment = packages({ pip: ["sluicetestpackage==1.5"] });
    const key = await keyMadeBy(room, pythonEnvironment);
    // As a process that is gone left it: no pid is that large.
    mkdirSync(join(key, "b99999999-dead", "bin"), { recursive: true });
    writeFileSync(join(key, "b99999999-dead", "bin", "python"), "half");
    const attempt = await attemptOf(room, useIt, { pythonEnvironment });
    expect(await run(room, attempt)).toMatchObject({ status: "exited", exitCode: 0 });
    expect(readdirSync(key)).not.toContain("b99999999-dead");
  });

  test("that pip cannot make rejects the step with pip's last words, keeps its log, and is tried anew", async () => {
    const room = openComputeRoom(place);
    const pythonEnvironment = packages({ pip: ["sluicebroken"] });
    const attempt = await attemptOf(room, "", { pythonEnvironment });
    const state = await run(room, attempt);
    expect(state).toMatchObject({ status: "rejected" });
    expect(state).toHaveProperty(
      "reason",
      expect.stringMatching(/pip could not install[^]*nowhere-to-be-found/),
    );
    expect(await readArtifact(room, attempt.stepRunId, buildLog)).toContain("nowhere-to-be-found");
    addWheel(wheels, "nowhere_to_be_found", "1");
    const again = await attemptOf(room, "import sluicebroken", { pythonEnvironment });
    expect(await run(room, again)).toMatchObject({ status: "exited", exitCode: 0 });
  });

  test("is not waited for by a step that was cancelled meanwhile, and its build is ended", async () => {
    const before = buildsBelow();
    const room = openComputeRoom(place);
    const pythonEnvironment = packages({ pip: ["sluicetestpackage!=9"] });
    const attempt = await attemptOf(room, useIt, { pythonEnvironment });
    await room.target.submit(attempt);
    expect(await room.target.find(attempt.attemptId)).toEqual({ status: "preparing" });
    await room.target.cancel(attempt.attemptId);
    expect(await untilOver(room.target, attempt.attemptId)).toMatchObject({ endedBy: "cancel" });
    await room.target.stop();
    expect(buildsBelow()).toEqual(before);
  });
});

/** Folder of an environment, as the target would name it: a first build that is ended at once makes it. */
async function keyMadeBy(room: ComputeRoom, pythonEnvironment: PythonEnvironment): Promise<string> {
  const root = join(place.dataDir, "app", "environments");
  const before = new Set(readdirSync(root));
  const attempt = await attemptOf(room, "", { pythonEnvironment });
  await room.target.submit(attempt);
  await room.target.cancel(attempt.attemptId);
  await untilOver(room.target, attempt.attemptId);
  for (;;) {
    const made = readdirSync(root).find((name) => !before.has(name));
    if (made !== undefined) return join(root, made);
    await new Promise((next) => setTimeout(next, 10));
  }
}

describe("the interpreter of a step", () => {
  test("that nobody has is refused with what was looked for and what is there", async () => {
    const room = openComputeRoom(place);
    const attempt = await attemptOf(room, "", { pythonEnvironment: packages({ version: "3.77" }) });
    const state = await run(room, attempt);
    expect(state).toMatchObject({ status: "rejected" });
    const reason = (state as { readonly reason: string }).reason;
    expect(reason).toContain("Python 3.77 was asked for");
    expect(reason).toContain(findTestPython());
  });

  test("is the one of local steps when its version answers, without an environment of its own", async () => {
    const room = openComputeRoom(place);
    const attempt = await attemptOf(room, "import sys; print(sys.executable)", {
      pythonEnvironment: packages({ version: ">=3.8" }),
    });
    expect(await run(room, attempt)).toMatchObject({ status: "exited" });
    expect((await room.target.collect(attempt)).lastLogLine).toBe(findTestPython());
  });

  test("that the user manages is used as it is, and named when it cannot run", async () => {
    const room = openComputeRoom(place);
    const managed = (path: string) => ({
      python: { kind: "interpreter" as const, path },
      dockerImage: "acme/gpu",
    });
    const good = await attemptOf(room, "import sys; print(sys.executable)", {
      pythonEnvironment: managed(findTestPython()),
    });
    expect(await run(room, good)).toMatchObject({ status: "exited", exitCode: 0 });
    expect(await room.target.collect(good)).toMatchObject({
      lastLogLine: findTestPython(),
      warnings: [expect.stringContaining("acme/gpu")],
    });
    const bad = await attemptOf(room, "", { pythonEnvironment: managed("/no/such/python") });
    expect(await run(room, bad)).toMatchObject({ reason: expect.stringContaining("/no/such/python") });
  });

  test("is looked through a shim once, and not at every start", async () => {
    if (process.platform === "win32") return;
    const shim = join(place.dataDir, "shim");
    const calls = join(place.dataDir, "shim-calls");
    writeFileSync(shim, `#!/bin/sh\necho x >> ${calls}\nexec ${findTestPython()} "$@"\n`, { mode: 0o755 });
    const room = openComputeRoom(place, { python: shim });
    for (const text of ["a", "b"]) {
      expect(await run(room, await attemptOf(room, `print("${text}")`))).toMatchObject({ exitCode: 0 });
    }
    expect(readFileSync(calls, "utf8")).toBe("x\n");
  });

  test("does not hand pip's settings, which may hold a secret, to scripts", async () => {
    const room = openComputeRoom(place);
    const attempt = await attemptOf(
      room,
      "import os; print([n for n in os.environ if n.startswith('PIP_')])",
    );
    await run(room, attempt);
    expect((await room.target.collect(attempt)).lastLogLine).toBe("[]");
  });
});
