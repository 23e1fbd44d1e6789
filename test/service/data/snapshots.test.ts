import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSnapshots } from "../../../src/data/snapshotStore";
import type { ContentTarget, Snapshots } from "../../../src/data/snapshots";
import { snapshotIdOf, type TreeFile } from "../../../src/model/snapshotTree";
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

const created = { status: "created" };
const refusedFor = (code: string) => ({ status: "refused", problems: [{ code }] });
const fileMissing = refusedFor("SnapshotFileMissing");

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

async function contentHashOf(id: string): Promise<string | undefined> {
  return (await snapshots.find(id))?.contentHash;
}

/** A file as a client announces it by its hash. */
function treeFile(path: string, content: string): TreeFile {
  const hash = createHash("sha256").update(content).digest("hex");
  return { path, size: Buffer.byteLength(content), hash };
}

async function putMissing(files: readonly TreeFile[], contents: readonly string[]): Promise<ContentTarget[]> {
  const targets = await snapshots.missing(files, null);
  for (const { hash, blobUrl } of targets) {
    const index = files.findIndex((file) => file.hash === hash);
    expect(await putBlob(blobUrl, contents[index]!)).toBe(201);
  }
  return [...targets];
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
    expect(await snapshots.create(id, parent, ["main.py", "lib.py"], uploads)).toMatchObject(created);
    expect(await materialised(id)).toEqual({ "main.py": "new", "lib.py": "lib" });
  });

  test("is refused under an id that has other files, and made again with the same ones after a lost answer", async () => {
    const id = randomUUID();
    const first = await uploadFiles(snapshots, { "main.py": "stays" });
    expect(await snapshots.create(id, null, ["main.py"], first)).toMatchObject(created);
    expect(await snapshots.create(id, null, ["main.py"], first)).toMatchObject(created);
    const second = await uploadFiles(snapshots, { "main.py": "other" });
    expect(await snapshots.create(id, null, ["main.py"], second)).toMatchObject(refusedFor("SnapshotExists"));
    expect(await materialised(id)).toEqual({ "main.py": "stays" });
  });

  test("is not there when its parent or one of its files is not", async () => {
    const id = randomUUID();
    const uploads = await uploadFiles(snapshots, { "main.py": "1" });
    expect(await snapshots.create(id, randomUUID(), ["main.py"], uploads)).toEqual({
      status: "unknown-parent",
    });
    expect(await snapshots.create(id, null, ["main.py", "lib.py"], uploads)).toMatchObject(fileMissing);
    const cut = uploads.map((upload) => ({ ...upload, size: upload.size + 1 }));
    expect(await snapshots.create(id, null, ["main.py"], cut)).toMatchObject(fileMissing);
    const [target] = await snapshots.uploadTargets(["main.py"]);
    const absent = [{ path: "main.py", blobUrl: target!.blobUrl, size: 1 }];
    expect(await snapshots.create(id, null, ["main.py"], absent)).toMatchObject(fileMissing);
    expect(await snapshots.find(id)).toBeUndefined();
  });

  test("cannot be changed through an upload URL that is still good", async () => {
    const id = randomUUID();
    const uploads = await uploadFiles(snapshots, { "main.py": "print('good')" });
    expect(await snapshots.create(id, null, ["main.py"], uploads)).toMatchObject(created);
    expect(await putBlob(uploads[0]!.blobUrl, "print('evil')")).toBe(201);
    expect(await materialised(id)).toEqual({ "main.py": "print('good')" });
  });

  test("cannot be made of a blob that was not uploaded for a snapshot", async () => {
    const container = place.workspace.blobs.getContainerClient("sluice-system");
    const secret = container.getBlockBlobClient("runs/secret.json");
    await secret.upload("secret", 6);
    const uploads = [{ path: "main.py", blobUrl: secret.url, size: 6 }];
    expect(await snapshots.create(randomUUID(), null, ["main.py"], uploads)).toMatchObject(fileMissing);
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
    expect(await snapshots.create(randomUUID(), null, [path], uploads)).toMatchObject(
      refusedFor("SnapshotPathInvalid"),
    );
  });

  test("an upload URL lets its holder write that blob and read nothing", async () => {
    const [target] = await snapshots.uploadTargets(["main.py"]);
    expect(await putBlob(target!.blobUrl, "1")).toBe(201);
    expect((await fetch(target!.blobUrl)).status).toBe(403);
    const other = target!.blobUrl.replace(/\/0\?/, "/1?");
    expect(other).not.toBe(target!.blobUrl);
    expect(await putBlob(other, "1")).toBe(403);
  });

  test("names its content whatever way it came, so equal content is found equal", async () => {
    const files = { "main.py": "print(1)", "lib/a.py": "a" };
    const whole = await takeSnapshot(snapshots, files);
    const parent = await takeSnapshot(snapshots, { "lib/a.py": "a", "main.py": "before" });
    const uploads = await uploadFiles(snapshots, { "main.py": "print(1)" });
    const id = randomUUID();
    await snapshots.create(id, parent, Object.keys(files), uploads);
    const hashes = await Promise.all([whole, parent, id].map((each) => contentHashOf(each)));
    expect(hashes[2]).toBe(hashes[0]);
    expect(hashes[1]).not.toBe(hashes[0]);
  });

  test("of the first format still comes out as it went in, and equals no other's content", async () => {
    const id = randomUUID();
    const container = place.workspace.blobs.getContainerClient("sluice-system");
    const blob = container.getBlockBlobClient(`snapshots/uploads/${id}/0`);
    const { etag } = await blob.upload("old", 3);
    const text = JSON.stringify({ files: [{ path: "main.py", size: 3, blobName: blob.name, etag }] });
    await container.getBlockBlobClient(`snapshots/${id}.json`).upload(text, text.length);
    expect(await materialised(id)).toEqual({ "main.py": "old" });
    const same = await takeSnapshot(snapshots, { "main.py": "old" });
    expect(await contentHashOf(id)).not.toBe(await contentHashOf(same));
    expect(await snapshots.create(randomUUID(), id, ["main.py"], [])).toEqual({ status: "unknown-parent" });
  });

  test.each(["nobody", "../x", "", "a".repeat(65)])("there is none of the id %j", async (id) => {
    expect(await snapshots.find(id)).toBeUndefined();
  });
});

describe("a snapshot by the hashes of its files", () => {
  test("asks only for bytes that nobody brought before, each once", async () => {
    const files = [treeFile("a.py", "first"), treeFile("copy/a.py", "first"), treeFile("b.py", "second")];
    const contents = ["first", "first", "second"];
    const uploads = await putMissing(files, contents);
    expect(uploads.map(({ hash }) => hash).sort()).toEqual([files[0]!.hash, files[2]!.hash].sort());
    const id = randomUUID();
    expect(await snapshots.createOfContent({ id, parentId: null, files, uploads })).toMatchObject(created);
    expect(await materialised(id)).toEqual({ "a.py": "first", "copy/a.py": "first", "b.py": "second" });
    expect(await snapshots.missing([...files, treeFile("c.py", "third")], null)).toMatchObject([
      { hash: treeFile("c.py", "third").hash },
    ]);
  });

  test("is made again after a lost answer, though its uploads are gone", async () => {
    const files = [treeFile("again.py", "again")];
    const request = {
      id: randomUUID(),
      parentId: null,
      files,
      uploads: await putMissing(files, ["again"]),
    };
    expect(await snapshots.createOfContent(request)).toMatchObject(created);
    expect(await snapshots.createOfContent(request)).toMatchObject(created);
  });

  test("brings files too large for memory, byte for byte", async () => {
    const content = "0123456789abcdef".repeat(512 * 1024);
    const files = [treeFile("large.bin", content)];
    const uploads = await putMissing(files, [content]);
    const id = randomUUID();
    expect(await snapshots.createOfContent({ id, parentId: null, files, uploads })).toMatchObject(created);
    expect(await materialised(id)).toEqual({ "large.bin": content });
  });

  test("is refused when the bytes are not what their hash says, and nobody else gets them for it", async () => {
    const files = [treeFile("main.py", "print('fine!')")];
    const uploads = await putMissing(files, ["print('worse')"]);
    const request = { id: randomUUID(), parentId: null, files, uploads };
    expect(await snapshots.createOfContent(request)).toMatchObject(refusedFor("SnapshotHashMismatch"));
    expect(await snapshots.find(request.id)).toBeUndefined();
    expect(await snapshots.missing(files, null)).toHaveLength(1);
  });

  test("is refused when bytes were never brought, or have another size than announced", async () => {
    const known = treeFile("known.py", "known");
    const uploads = await putMissing([known], ["known"]);
    const make = (files: readonly TreeFile[]) =>
      snapshots.createOfContent({ id: randomUUID(), parentId: null, files, uploads });
    expect(await make([known])).toMatchObject(created);
    expect(await make([treeFile("b.py", "never brought")])).toMatchObject(fileMissing);
    expect(await make([{ ...known, size: 4 }])).toMatchObject(fileMissing);
  });

  test.each([
    ["../evil.py", "b.py"],
    ["Train.py", "train.py"],
    ["lib", "lib/a.py"],
    ["same.py", "same.py"],
    ["\u00e4.py", "a\u0308.py"],
  ])(
    "is refused with both %j and %j, which fall together or out of their folder somewhere",
    async (...paths) => {
      const files = paths.map((path) => treeFile(path, "x"));
      const uploads = await putMissing([files[0]!], ["x"]);
      const request = { id: randomUUID(), parentId: null, files, uploads };
      expect(await snapshots.createOfContent(request)).toMatchObject(refusedFor("SnapshotPathInvalid"));
    },
  );

  test.each(["", "..", "a/b", "' or ''='", "x".repeat(65)])("is refused under the id %j", async (id) => {
    const request = { id, parentId: null, files: [], uploads: [] };
    expect(await snapshots.createOfContent(request)).toMatchObject(refusedFor("InvalidSnapshotId"));
  });

  test("has the id of its content, which nobody can take for other content", async () => {
    const files = [treeFile("main.py", "mine")];
    const uploads = await putMissing(files, ["mine"]);
    const random = await snapshots.createOfContent({ id: randomUUID(), parentId: null, files, uploads });
    const hash = random.status === "created" ? random.snapshot.contentHash : "";
    const id = snapshotIdOf(hash);
    const other = [treeFile("main.py", "other")];
    const theirs = { id, parentId: null, files: other, uploads: await putMissing(other, ["other"]) };
    expect(await snapshots.createOfContent(theirs)).toMatchObject(refusedFor("SnapshotHashMismatch"));
    expect(await snapshots.createOfContent({ id, parentId: null, files, uploads: [] })).toMatchObject(
      created,
    );
  });
});
