/** The client's side of snapshots against the real service: real files, real blobs, real HTTP. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { takeSnapshot } from "../../../src/sdk/snapshot";
import { SourceDirectoryError } from "../../../src/sdk/sourceDirectory";
import { Workspace } from "../../../src/sdk/workspace";
import { temporaryFolder, type TemporaryFolder } from "../../unit/sdk/temporaryFolder";
import { ServiceUnderTest } from "../api/serviceUnderTest";

let service: ServiceUnderTest;
let proxy: Server;
let workspace: Workspace;
let calls: string[];
/** Runs when the client asks what is missing, before it is answered. */
let onMissing: () => void;
let source: TemporaryFolder;
let cache: TemporaryFolder;

/** Passes every call of the API on and keeps a record of it. */
function startProxy(target: URL): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    calls.push(`${method} ${url.split("/snapshots/")[1] ?? url}`.replace(/[0-9a-f-]{36}/, "{id}"));
    if (url.endsWith("/missing")) onMissing();
    const { hostname, port } = target;
    const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server)));
}

beforeAll(async () => {
  service = await ServiceUnderTest.start();
  proxy = await startProxy(new URL(service.workspace.service.baseUrl));
  const { port } = proxy.address() as AddressInfo;
  workspace = new Workspace({ ...service.workspace.service, baseUrl: `http://127.0.0.1:${port}` });
});
afterAll(async () => {
  const started = proxy as Server | undefined;
  started?.closeAllConnections();
  started?.close();
  await (service as ServiceUnderTest | undefined)?.stop();
});
beforeEach(() => {
  calls = [];
  onMissing = () => undefined;
  source = temporaryFolder();
  cache = temporaryFolder();
});
afterEach(() => {
  source.remove();
  cache.remove();
});

const take = () => takeSnapshot(workspace, source.path, cache.path);

describe("taking a snapshot", () => {
  test("asks one question when nothing changed, and none of the bytes go up again", async () => {
    source.write({ "main.py": "print('unchanged')", "lib/a.py": "a" });
    const first = await take();
    expect(calls).toEqual(["GET {id}", "POST missing", "PUT {id}"]);
    calls = [];
    expect(await take()).toEqual(first);
    expect(calls).toEqual(["GET {id}"]);
  });

  test("brings up only what changed, and finds equal content of another directory", async () => {
    source.write({ "main.py": "print('v1')", "same.py": "same" });
    const before = await take();
    source.write({ "main.py": "print('v2')" });
    const after = await take();
    expect(after.contentHash).not.toBe(before.contentHash);
    const twin = temporaryFolder({ "main.py": "print('v2')", "same.py": "same" });
    expect(await takeSnapshot(workspace, twin.path, cache.path)).toEqual(after);
    twin.remove();
  });

  test("brings up a file larger than one block whole", async () => {
    source.write({ "model.bin": Buffer.alloc(9 * 1024 * 1024, "0123456789") });
    const { id } = await take();
    expect(await service.ask(workspace.routes.snapshot(id))).toMatchObject({
      fileCount: 1,
      size: 9 * 1024 * 1024,
    });
  });

  test("starts anew when a file changes between its hash and its upload, so both agree", async () => {
    source.write({ "main.py": "before" });
    let changes = 0;
    onMissing = () => {
      changes += 1;
      if (changes === 1) source.write({ "main.py": "after it was hashed" });
    };
    const taken = await take();
    expect(changes).toBe(2);
    expect(await service.ask(workspace.routes.snapshot(taken.id))).toMatchObject({ size: 19 });
  });

  test("gives up on a file that changes every time, naming it, and makes no snapshot", async () => {
    source.write({ "log.txt": "0" });
    let changes = 0;
    onMissing = () => writeFileSync(join(source.path, "log.txt"), `line ${(changes += 1)}`);
    const error = await take().catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(SourceDirectoryError);
    expect(error).toMatchObject({ problems: [{ code: "SourceChanging", field: "log.txt" }] });
    expect(calls).not.toContain("PUT {id}");
  });

  test("sends nothing of a directory that is too large", async () => {
    source.write(Object.fromEntries(Array.from({ length: 2_001 }, (_, n) => [`images/${n}.png`, ""])));
    await expect(take()).rejects.toThrow("images/ (2001 files)");
    expect(calls).toEqual([]);
  });
});
