import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSnapshots } from "../../../src/data/snapshotStore";
import type { Snapshots } from "../../../src/data/snapshots";
import { putBlob, takeSnapshot, uploadFiles } from "./uploadFiles";
import { startWorkspace, type WorkspaceUnderTest } from "./workspaceUnderTest";

let place: WorkspaceUnderTest;
let snapshots: Snapshots;
let directory: string;

beforeAll(async () => {
  place = await startWorkspace();
  snapshots = createSnapshots({ workspace: place.workspace });
});
afterAll(() => place.storage.stop());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-snapshot-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function materialised(id: string): Promise<Record<string, string>> {
  await snapshots.materialise(id, directory);
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const contents = await Promise.all(
    files.map(async (file) => [
      file.slice(directory.length + 1).replaceAll("\\", "/"),
      await readFile(file, "utf8"),
    ]),
  );
  return Object.fromEntries(contents) as Record<string, string>;
}

describe("a snapshot", () => {
  test("gives back the files that went in, byte for byte, in their folders", async () => {
    const files = { "main.py": "print(1)\n", "lib/deep/a.py": "ä=1", "empty.txt": "" };
    const id = await takeSnapshot(snapshots, files);
    expect(await materialised(id)).toEqual(files);
  });

  test("takes from its parent what it names and did not upload, and nothing else", async () => {
    const parent = await takeSnapshot(snapshots, { "main.py": "old", "lib.py": "lib", "gone.py": "x" });
    const id = randomUUID();
    const uploads = await uploadFiles(snapshots, { "main.py": "new" });
    expect(await snapshots.create(id, parent, ["main.py", "lib.py"], uploads)).toBe("created");
    expect(await materialised(id)).toEqual({ "main.py": "new", "lib.py": "lib" });
  });

  test("stays what it was when it is created again with other content", async () => {
    const id = await takeSnapshot(snapshots, { "main.py": "first" });
    const uploads = await uploadFiles(snapshots, { "main.py": "second" });
    expect(await snapshots.create(id, null, ["main.py"], uploads)).toBe("created");
    expect(await materialised(id)).toEqual({ "main.py": "first" });
  });

  test("is not there when its parent or one of its files is not", async () => {
    const id = randomUUID();
    const uploads = await uploadFiles(snapshots, { "main.py": "1" });
    expect(await snapshots.create(id, randomUUID(), ["main.py"], uploads)).toBe("unknown-parent");
    expect(await snapshots.create(id, null, ["main.py", "lib.py"], uploads)).toBe("missing-file");
    const cut = uploads.map((upload) => ({ ...upload, size: upload.size + 1 }));
    expect(await snapshots.create(id, null, ["main.py"], cut)).toBe("missing-file");
    const [target] = await snapshots.uploadTargets(["main.py"]);
    const absent = [{ path: "main.py", blobUrl: target!.blobUrl, size: 1 }];
    expect(await snapshots.create(id, null, ["main.py"], absent)).toBe("missing-file");
    expect(await snapshots.find(id)).toBeUndefined();
  });

  test("cannot be changed through an upload URL that is still good", async () => {
    const id = randomUUID();
    const uploads = await uploadFiles(snapshots, { "main.py": "print('good')" });
    expect(await snapshots.create(id, null, ["main.py"], uploads)).toBe("created");
    expect(await putBlob(uploads[0]!.blobUrl, "print('evil')")).toBe(201);
    await expect(snapshots.materialise(id, directory)).rejects.toMatchObject({ statusCode: 412 });
  });

  test("cannot be made of a blob that was not uploaded for a snapshot", async () => {
    const container = place.workspace.blobs.getContainerClient("sluice-system");
    const secret = container.getBlockBlobClient("runs/secret.json");
    await secret.upload("secret", 6);
    const uploads = [{ path: "main.py", blobUrl: secret.url, size: 6 }];
    expect(await snapshots.create(randomUUID(), null, ["main.py"], uploads)).toBe("missing-file");
  });

  test.each([
    "../evil.py",
    "/etc/evil",
    "a/../../evil",
    "C:evil.py",
    "a\\..\\evil",
    "con.py",
    "a//b",
    "end.",
  ])("cannot hold %j, which would leave its folder on some system", async (path) => {
    const uploads = await uploadFiles(snapshots, { [path]: "x" });
    expect(await snapshots.create(randomUUID(), null, [path], uploads)).toBe("missing-file");
  });

  test("an upload URL lets its holder write that blob and read nothing", async () => {
    const [target] = await snapshots.uploadTargets(["main.py"]);
    expect(await putBlob(target!.blobUrl, "1")).toBe(201);
    expect((await fetch(target!.blobUrl)).status).toBe(403);
    const other = target!.blobUrl.replace(/\/0\?/, "/1?");
    expect(other).not.toBe(target!.blobUrl);
    expect(await putBlob(other, "1")).toBe(403);
  });

  test.each(["nobody", "../x", "", "a".repeat(65)])("there is none of the id %j", async (id) => {
    expect(await snapshots.find(id)).toBeUndefined();
  });
});
