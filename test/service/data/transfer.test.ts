import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createDatastores } from "../../../src/data/datastoreStore";
import type { Datastores } from "../../../src/data/datastores";
import { createTransfer, type Transfer } from "../../../src/data/transfer";
import { writtenBy } from "../../../src/data/writtenBy";
import { startWorkspace, type WorkspaceUnderTest } from "./workspaceUnderTest";

const datastore = "workspaceblobstore";
let place: WorkspaceUnderTest;
let datastores: Datastores;
let transfer: Transfer;
let directory: string;

beforeAll(async () => {
  place = await startWorkspace();
  datastores = createDatastores({ workspace: place.workspace });
  transfer = createTransfer({ datastores });
});
afterAll(() => place.storage.stop());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-transfer-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function writeLocal(path: string, text: string): Promise<string> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

describe("uploading", () => {
  test("a folder's files go below the path, marked with the run that wrote them", async () => {
    await writeLocal("out/a.txt", "a");
    await writeLocal("out/deep/ä b.txt", "bb");
    const files = await transfer.upload(
      join(directory, "out"),
      { datastore, path: "azureml/r1/out" },
      writtenBy("r1"),
    );
    expect(files.map(({ path, size }) => [path, size])).toEqual([
      ["azureml/r1/out/a.txt", 1],
      ["azureml/r1/out/deep/ä b.txt", 2],
    ]);
    const blob = (await datastores.container(datastore)).getBlobClient("azureml/r1/out/deep/ä b.txt");
    const properties = await blob.getProperties();
    expect(properties.metadata).toEqual({ sluice_run: "r1" });
    expect(properties.etag).toBe(files[1]?.etag);
    expect((await blob.downloadToBuffer()).toString()).toBe("bb");
  });

  test("a file becomes the blob of that name", async () => {
    const file = await writeLocal("report.md", "# Done");
    const files = await transfer.upload(file, { datastore, path: "reports/today.md" }, {});
    expect(files.map(({ path }) => path)).toEqual(["reports/today.md"]);
  });

  test("a folder into the container's root has no nameless folder in its blobs' names", async () => {
    await writeLocal("root/top.txt", "1");
    const files = await transfer.upload(join(directory, "root"), { datastore, path: "" }, {});
    expect(files.map(({ path }) => path)).toEqual(["top.txt"]);
  });

  test("globs choose among the files of a folder, and what leaves none is an empty folder", async () => {
    for (const path of ["a.csv", "deep/b.csv", "deep/c.txt"]) await writeLocal(`chosen/${path}`, path);
    const upload = (path: string, globs: readonly string[]) =>
      transfer.upload(join(directory, "chosen"), { datastore, path }, {}, globs);
    const files = await upload("globs", ["**/*.csv"]);
    expect(files.map(({ path }) => path)).toEqual(["globs/a.csv", "globs/deep/b.csv"]);
    expect(await upload("none", ["*.parquet"])).toEqual([]);
    const marker = (await datastores.container(datastore)).getBlobClient("none/");
    expect((await marker.getProperties()).contentLength).toBe(0);
  });

  // Windows lets only administrators make such links.
  const testWithLinks = process.platform === "win32" ? test.skip : test;
  testWithLinks("what a script linked into its output stays where it is", async () => {
    const secret = await writeLocal("secret.txt", "secret");
    await writeLocal("out/a.txt", "a");
    await symlink(secret, join(directory, "out", "link.txt"));
    const files = await transfer.upload(join(directory, "out"), { datastore, path: "links" }, {});
    expect(files.map(({ path }) => path)).toEqual(["links/a.txt"]);
  });
});
