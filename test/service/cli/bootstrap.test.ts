import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { chmod, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createBareClone, type BareClone } from "./bareClone";

let clone: BareClone;
beforeEach(async () => {
  clone = await createBareClone();
});
afterEach(() => clone.remove());

/** A Python that says what it is told to say. */
async function fakePython(name: string, version: string): Promise<string> {
  const file = clone.path(name);
  await writeFile(file, `#!/bin/sh\necho ${version}\necho ${file}\n`);
  await chmod(file, 0o755);
  return file;
}

describe("npm start in a bare clone", () => {
  test("installs and builds once, then goes straight on", async () => {
    expect(await clone.run("bin/start.mjs")).toMatchObject({ code: 0 });
    expect(await clone.trace()).toEqual(["npm ci", "tsc", "main start"]);
    expect(await clone.run("bin/start.mjs")).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await clone.trace()).toEqual(["npm ci", "tsc", "main start", "main start"]);
  });

  test("does not trust packages of another lockfile", async () => {
    await clone.run("bin/start.mjs");
    await clone.write("package-lock.json", '{"changed":true}');
    await clone.run("bin/start.mjs");
    expect((await clone.trace()).slice(3)).toEqual(["npm ci", "main start"]);
  });

  test("does not take an interrupted installation for a whole one", async () => {
    await clone.run("bin/start.mjs");
    await clone.write("package-lock.json", '{"changed":true}');
    const broken = await clone.run("bin/start.mjs", [], { BREAK: "npm" });
    expect(broken).toMatchObject({ code: 1 });
    expect(broken.stderr).toMatch(/^The packages could not be installed \(npm ci ended with code 1\)/);
    await clone.write("package-lock.json", "{}");
    await clone.run("bin/start.mjs");
    expect((await clone.trace()).slice(3)).toEqual(["npm ci", "npm ci", "main start"]);
  });

  test("does not take packages for installed of which one was pruned since", async () => {
    await clone.write("package-lock.json", '{"packages":{"":{},"node_modules/typescript":{"dev":true}}}');
    await clone.run("bin/start.mjs");
    await rm(clone.path("node_modules/typescript"), { recursive: true });
    expect(await clone.run("bin/start.mjs")).toMatchObject({ code: 0 });
    expect((await clone.trace()).slice(3)).toEqual(["npm ci", "main start"]);
  });

  test("does not ask for the packages of another machine at every start", async () => {
    const lock = { packages: { "node_modules/for-another-system": { optional: true } } };
    await clone.write("package-lock.json", JSON.stringify(lock));
    await clone.run("bin/start.mjs");
    await clone.run("bin/start.mjs");
    expect(await clone.trace()).toEqual(["npm ci", "tsc", "main start", "main start"]);
  });

  test.each([
    ["is gone", () => rm(clone.path("dist/cli/main.js"))],
    ["was cut short", () => clone.write("dist/cli/main.js", "exports.")],
  ])("does not run a build of which a file %s", async (_what, damage) => {
    await clone.run("bin/start.mjs");
    await clone.write("dist/.tsbuildinfo", "what the compiler remembers");
    await damage();
    expect(await clone.run("bin/start.mjs")).toMatchObject({ code: 0 });
    expect((await clone.trace()).slice(3)).toEqual(["tsc", "main start"]);
    await expect(stat(clone.path("dist/.tsbuildinfo"))).rejects.toThrow("ENOENT");
  });

  test("tells a package that cannot be found in one sentence with the remedy", async () => {
    await clone.write("src/cli/main.ts", 'require("no-such-package");');
    const outcome = await clone.run("bin/start.mjs");
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toBe(
      "The installation is not whole (Cannot find module 'no-such-package'): delete node_modules and run npm start.\n",
    );
  });

  test("does not run yesterday's build after an edit", async () => {
    await clone.run("bin/start.mjs");
    const edited = await stat(clone.path("src/cli/main.ts"));
    await utimes(clone.path("src/cli/main.ts"), edited.atime, new Date(edited.mtimeMs + 1000));
    await clone.run("bin/start.mjs");
    expect((await clone.trace()).slice(3)).toEqual(["tsc", "main start"]);
  });

  test("does not take a failed build for a whole one, and shows what the compiler said", async () => {
    const broken = await clone.run("bin/start.mjs", [], { BREAK: "tsc" });
    expect(broken).toMatchObject({ code: 1 });
    expect(broken.stderr).toContain("src/cli/main.ts(1,1): error");
    await clone.run("bin/start.mjs");
    expect(await clone.trace()).toEqual(["npm ci", "tsc", "tsc", "main start"]);
  });

  test("does not let the app load a compiled file whose source was deleted", async () => {
    await clone.write("src/functions/old.ts", "");
    await clone.write("dist/functions/old.js", "");
    await clone.write("dist/functions/old.js.map", "");
    await clone.run("bin/start.mjs");
    expect(await stat(clone.path("dist/functions/old.js"))).toBeDefined();
    await rm(clone.path("src/functions/old.ts"));
    await clone.run("bin/start.mjs");
    await expect(stat(clone.path("dist/functions/old.js"))).rejects.toThrow("ENOENT");
    await expect(stat(clone.path("dist/functions/old.js.map"))).rejects.toThrow("ENOENT");
  });
});

describe("npm start on a machine that lacks something", () => {
  test("says in one sentence that the named Python does not run, before it installs anything", async () => {
    const outcome = await clone.run("bin/start.mjs", ["--python", clone.path("no-such-python")]);
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toMatch(
      /^Sluice needs Python 3\.8 or newer .* does not run as Python: install it .*\.\n$/,
    );
    expect(await clone.trace()).toEqual([]);
  });

  test.each(["", "/etc"])("does not take %j for a Python, and shows no stack", async (named) => {
    const outcome = await clone.run("bin/start.mjs", ["--python", named]);
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/^Sluice needs Python 3\.8 .* does not run as Python: .*\.\n$/);
  });

  test("takes a Python's path from where the user stands, not from the clone", async () => {
    await clone.write("elsewhere/keep", "");
    await fakePython("elsewhere/my-python", "3.12.1");
    const user = { INIT_CWD: clone.path("elsewhere") };
    expect(await clone.run("bin/start.mjs", ["--python", "./my-python"], user)).toMatchObject({ code: 0 });
  });

  test("says in one sentence that no Python runs at all", async () => {
    const outcome = await clone.run("bin/start.mjs", [], { PATH: clone.folder });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(
      /^Sluice needs Python 3\.8 .* none of python3, python and py -3 runs here: .*\.\n$/,
    );
  });

  test("does not run steps with a Python that is too old", async () => {
    const old = await fakePython("old-python", "3.7.17");
    const outcome = await clone.run("bin/start.mjs", ["--python", old]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("is 3.7.17: install it from https://www.python.org/downloads/");
  });

  test("passes over a python3 that is too old for a python that is not", async () => {
    await fakePython("python3", "2.7.18");
    await fakePython("python", "3.12.1");
    const outcome = await clone.run("bin/start.mjs", [], { PATH: `${clone.folder}:/usr/bin:/bin` });
    expect(outcome).toMatchObject({ code: 0 });
  });

  test("judges Node in files that an old Node can read", async () => {
    for (const file of [
      "start.mjs",
      "test.mjs",
      "verify.mjs",
      "sluice.mjs",
      "sluice-host.mjs",
      "nodeVersion.mjs",
    ]) {
      const text = await readFile(clone.path(`bin/${file}`), "utf8");
      expect(text).not.toMatch(/\?\.|\?\?|=>|\bawait\b|\bnode:|#[a-z]/);
    }
  });

  test("names the version that is there and the one that is needed", async () => {
    const script = `import { tooOldSentence } from "./bin/nodeVersion.mjs";
      for (const v of ["12.22.12", "20.18.3", "20.19.0", "22.0.0"]) console.log(tooOldSentence(v, "npm start"));`;
    await clone.write("versions.mjs", script);
    const { stdout } = await clone.run("versions.mjs");
    expect(stdout.split("\n")).toEqual([
      "Sluice needs Node 20.19 or newer; this is v12.22.12: install it from https://nodejs.org and run npm start again.",
      "Sluice needs Node 20.19 or newer; this is v20.18.3: install it from https://nodejs.org and run npm start again.",
      "null",
      "null",
      "",
    ]);
  });
});

describe("a command", () => {
  // Windows has no such bit.
  (process.platform === "win32" ? test.skip : test)(
    "may be executed, so that npx does not change a file of the clone",
    async () => {
      for (const file of ["sluice.mjs", "sluice-host.mjs"]) {
        expect((await stat(clone.path(`bin/${file}`))).mode & 0o111).toBe(0o111);
      }
    },
  );

  test.each(["sluice.mjs", "sluice-host.mjs"])("%s says what to do when nothing is built", async (file) => {
    const outcome = await clone.run(`bin/${file}`, ["runs"]);
    expect(outcome).toEqual({
      code: 1,
      stdout: "",
      stderr: "Sluice is not built yet: run npm start once.\n",
    });
  });
});
