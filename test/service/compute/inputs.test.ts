import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AttemptOutput, StepAttempt } from "../../../src/compute/computeTarget";
import {
  attemptOf,
  inputOf,
  makeComputePlace,
  openComputeRoom,
  untilOver,
  type ComputePlace,
  type ComputeRoom,
} from "./computeRoom";

let place: ComputePlace;

beforeAll(async () => {
  place = await makeComputePlace();
});

afterAll(() => place.remove());

const datastore = "workspaceblobstore";

async function put(room: ComputeRoom, path: string, text: string): Promise<void> {
  const container = await room.datastores.container(datastore);
  await container.getBlockBlobClient(path).upload(text, Buffer.byteLength(text));
}

/** Runs the attempt and answers the lines that it printed. */
async function linesOf(room: ComputeRoom, attempt: StepAttempt): Promise<readonly string[]> {
  await room.target.submit(attempt);
  expect(await untilOver(room.target, attempt.attemptId)).toMatchObject({ status: "exited", exitCode: 0 });
  await room.target.collect(attempt);
  const log = join(place.dataDir, "app", "attempts", attempt.attemptId, "std_log.txt");
  return readFileSync(log, "utf8").trimEnd().split("\n");
}

async function refusalOf(room: ComputeRoom, attempt: StepAttempt): Promise<string> {
  await room.target.submit(attempt);
  const state = await untilOver(room.target, attempt.attemptId);
  expect(state).toMatchObject({ status: "rejected" });
  return (state as { readonly reason: string }).reason;
}

const cached = (): readonly string[] => {
  const root = join(place.dataDir, "app", "cache");
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((start) =>
    readdirSync(join(root, start)).map((name) => join(root, start, name)),
  );
};

const readsAll = [
  "import os, sys",
  "root = os.environ['AZUREML_DATAREFERENCE_data']",
  "names = [root] if os.path.isfile(root) else sorted(os.path.join(a, n) for a, _, ns in os.walk(root) for n in ns)",
  "for name in names: print(os.path.relpath(name, os.path.dirname(root)).replace(os.sep, '/'), open(name).read())",
].join("\n");

describe("a mounted input", () => {
  test("is the blob of that name even when blobs lie below it, else the folder, and no neighbour's", async () => {
    const room = openComputeRoom(place);
    for (const path of ["both", "both/inner.txt", "tree/a.txt", "tree/deep/b.txt", "tree2/c.txt"]) {
      await put(room, path, `<${path}>`);
    }
    const read = async (path: string) =>
      linesOf(room, await attemptOf(room, readsAll, { inputs: [inputOf("data", path)] }));
    expect(await read("both")).toEqual(["both <both>"]);
    for (const path of ["tree", "tree/"]) {
      expect(await read(path)).toEqual(["data/a.txt <tree/a.txt>", "data/deep/b.txt <tree/deep/b.txt>"]);
    }
  });

  test("that a script changes all the same changes for nobody else, now or later", async () => {
    const room = openComputeRoom(place);
    await put(room, "shared/in.txt", "original");
    const before = new Set(cached());
    const spoil = [
      "import os",
      "path = os.environ['AZUREML_DATAREFERENCE_data'] + '/in.txt'",
      "print(oct(os.stat(path).st_mode & 0o777))",
      "os.chmod(path, 0o644); open(path, 'w').write('spoiled')",
    ].join("\n");
    const inputs = [inputOf("data", "shared")];
    const [mode] = await linesOf(room, await attemptOf(room, spoil, { inputs }));
    if (process.platform !== "win32") expect(mode).toBe("0o444");
    const [entry, ...others] = cached().filter((path) => !before.has(path));
    expect([readFileSync(entry!, "utf8"), others]).toEqual(["original", []]);
    expect(await linesOf(room, await attemptOf(room, readsAll, { inputs }))).toEqual([
      "data/in.txt original",
    ]);
  });

  test("is downloaded once for all steps that read the same version, and anew when it has changed", async () => {
    const room = openComputeRoom(place);
    await put(room, "once.txt", "first");
    const inputs = [inputOf("data", "once.txt")];
    const before = new Set(cached());
    await linesOf(room, await attemptOf(room, readsAll, { inputs }));
    const [entry] = cached().filter((path) => !before.has(path));
    // Only who reads the cache can see this.
    chmodSync(entry!, 0o644);
    writeFileSync(entry!, "cache");
    const later = openComputeRoom(place);
    expect(await linesOf(later, await attemptOf(later, readsAll, { inputs }))).toEqual(["once.txt cache"]);
    await put(room, "once.txt", "other");
    expect(await linesOf(later, await attemptOf(later, readsAll, { inputs }))).toEqual(["once.txt other"]);
  });

  test("that is a folder which an earlier step left empty is an empty folder", async () => {
    const room = openComputeRoom(place);
    const output = outputOf("made", "azureml/r/made");
    const script = "import os; os.makedirs(os.environ['AZUREML_DATAREFERENCE_made'])";
    await linesOf(room, await attemptOf(room, script, { outputs: [output] }));
    const list = "import os; print(os.listdir(os.environ['AZUREML_DATAREFERENCE_data']))";
    const inputs = [inputOf("data", "azureml/r/made")];
    expect(await linesOf(room, await attemptOf(room, list, { inputs }))).toEqual(["[]"]);
  });
});

describe("a downloaded input", () => {
  test("is the script's own to write to, where the step wants it", async () => {
    const room = openComputeRoom(place);
    await put(room, "own/in.txt", "mine");
    const script = [
      "import os, sys",
      "assert os.path.samefile(sys.argv[1], 'data/raw'), sys.argv",
      "open('data/raw/in.txt', 'a').write('!'); print(open('data/raw/in.txt').read())",
    ].join("\n");
    const input = inputOf("data", "own", { mode: "download", pathOnCompute: "data/raw" });
    const more = { inputs: [input], arguments: [{ kind: "input" as const, port: "data" }] };
    expect(await linesOf(room, await attemptOf(room, script, more))).toEqual(["mine!"]);
  });

  test("does not replace a file of the snapshot unless it is told to", async () => {
    const room = openComputeRoom(place);
    await put(room, "code/main.py", "print('from the datastore')");
    const input = (overwrite: boolean) =>
      inputOf("data", "code", { mode: "download", pathOnCompute: ".", overwrite });
    const kept = await attemptOf(room, "print('own')", { inputs: [input(false)] });
    expect(await refusalOf(room, kept)).toMatch(/data: .*main\.py is there already/);
    const replaced = await attemptOf(room, "print('own')", { inputs: [input(true)] });
    expect(await linesOf(room, replaced)).toEqual(["from the datastore"]);
  });
});

describe("a dataset", () => {
  const dataset = (name: string, mode: "mount" | "direct", ...paths: readonly string[]) =>
    inputOf(name, "", {
      mode,
      source: { kind: "dataset", datasetId: "set-1", paths: paths.map((path) => ({ datastore, path })) },
    });

  test("is its files, of several places and by globs, and its id in direct mode", async () => {
    const room = openComputeRoom(place);
    for (const path of ["lake/2024/a.csv", "lake/2024/a.txt", "lake/2025/b.csv", "more/c.csv"]) {
      await put(room, path, path);
    }
    const script = [
      "import os",
      "from azureml.core import Run",
      "sets = Run.get_context().input_datasets",
      "assert sets['files'] == os.environ['files'] == os.environ['AZUREML_DATAREFERENCE_files']",
      "print(sorted(os.path.relpath(os.path.join(a, n), sets['files']).replace(os.sep, '/') for a, _, ns in os.walk(sets['files']) for n in ns))",
      "print(sets['table'].id, os.environ['table'])",
    ].join("\n");
    const inputs = [
      dataset("files", "mount", "lake/**/*.csv", "more/c.csv"),
      dataset("table", "direct", "lake"),
    ];
    const attempt = await attemptOf(room, script, { inputs });
    expect(await linesOf(room, attempt)).toEqual(["['2024/a.csv', '2025/b.csv', 'c.csv']", "set-1 set-1"]);
  });

  test("whose places give two files of one name, or nothing, is refused by name", async () => {
    const room = openComputeRoom(place);
    await put(room, "x/same.csv", "1");
    await put(room, "y/same.csv", "2");
    const twice = await attemptOf(room, "", { inputs: [dataset("files", "mount", "x/*.csv", "y/*.csv")] });
    expect(await refusalOf(room, twice)).toMatch(/input files: two files would be .*same\.csv/);
    const none = await attemptOf(room, "", { inputs: [dataset("files", "mount", "x/*.parquet")] });
    expect(await refusalOf(room, none)).toContain('nothing at "x/*.parquet"');
  });
});

function outputOf(name: string, path: string, more: Partial<AttemptOutput> = {}): AttemptOutput {
  const rest = { mode: "mount" as const, pathOnCompute: null, overwrite: false, sourceGlobs: [] };
  return { name, dataPath: { datastore, path }, ...rest, ...more };
}

test("an uploaded output goes up by its globs from where the script wrote it, and only when the script ended well", async () => {
  const room = openComputeRoom(place);
  const script =
    "import os, sys\nos.makedirs('made')\nfor n in ('a.csv', 'b.txt'): open('made/' + n, 'w').write(n)\n";
  const output = (path: string) =>
    outputOf("out", path, { mode: "upload", pathOnCompute: "made", sourceGlobs: ["*.csv"] });
  await linesOf(room, await attemptOf(room, script, { outputs: [output("good")] }));
  const bad = await attemptOf(room, `${script}sys.exit(3)`, { outputs: [output("bad")] });
  await room.target.submit(bad);
  await untilOver(room.target, bad.attemptId);
  await room.target.collect(bad);
  const names: string[] = [];
  for await (const { name } of (await room.datastores.container(datastore)).listBlobsFlat()) names.push(name);
  expect(names.filter((name) => /^(good|bad)\//.test(name))).toEqual(["good/a.csv"]);
});
