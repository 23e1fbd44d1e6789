/** Datastores through the SDK against the real service and its storage. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Datastore } from "../../../src/sdk/datastore";
import { temporaryFolder, type TemporaryFolder } from "../../unit/sdk/temporaryFolder";
import { codeOf, ServiceUnderTest } from "../api/serviceUnderTest";

let service: ServiceUnderTest;
let datastore: Datastore;
let folder: TemporaryFolder;

beforeAll(async () => {
  service = await ServiceUnderTest.start();
  datastore = await Datastore.getDefault(service.workspace);
});
afterAll(async () => {
  await (service as ServiceUnderTest | undefined)?.stop();
});
beforeEach(() => {
  folder = temporaryFolder({ "a.csv": "a", "deep/b & c.csv": "b" });
});
afterEach(() => folder.remove());

const at = (...parts: string[]): string => join(folder.path, ...parts);
/** The account key that the host made for its own storage. */
function accountKey(): string {
  const keys = JSON.parse(readFileSync(join(service.dataFolder, "host", "keys.json"), "utf8")) as unknown;
  return /"([A-Za-z0-9+/]{80,}={0,2})"/.exec(JSON.stringify(keys))?.[1] ?? "";
}

describe("a datastore of the SDK", () => {
  test("uploads a folder and gives it back, path for path and byte for byte", async () => {
    const up = await datastore.upload(folder.path, { targetPath: "round/trip/" });
    expect(up).toEqual({ moved: ["round/trip/a.csv", "round/trip/deep/b & c.csv"], skipped: [] });
    const down = await datastore.download(at("back"), { prefix: "round/" });
    expect(down.moved).toEqual(up.moved);
    expect(readFileSync(at("back", "round", "trip", "deep", "b & c.csv"), "utf8")).toBe("b");
  });

  test("leaves blobs and files alone that are there, unless it may overwrite them", async () => {
    await datastore.uploadFiles([at("a.csv")], { targetPath: "keep" });
    folder.write({ "a.csv": "newer" });
    expect(await datastore.uploadFiles([at("a.csv")], { targetPath: "keep" })).toEqual({
      moved: [],
      skipped: ["keep/a.csv"],
    });
    await datastore.download(at("one"), { prefix: "keep/" });
    expect(readFileSync(at("one", "keep", "a.csv"), "utf8")).toBe("a");
    await datastore.uploadFiles([at("a.csv")], { targetPath: "keep", overwrite: true });
    expect((await datastore.download(at("one"), { prefix: "keep/" })).skipped).toEqual(["keep/a.csv"]);
    await datastore.download(at("one"), { prefix: "keep/", overwrite: true });
    expect(readFileSync(at("one", "keep", "a.csv"), "utf8")).toBe("newer");
  });

  test("keeps the paths of single files below the root that is named, and none outside it", async () => {
    const files = [at("deep", "b & c.csv")];
    expect((await datastore.uploadFiles(files, { relativeRoot: folder.path })).moved).toEqual([
      "deep/b & c.csv",
    ]);
    await expect(datastore.uploadFiles(files, { relativeRoot: at("elsewhere") })).rejects.toThrow(
      "does not lie below",
    );
  });

  test("is registered, replaced, listed, made the default and forgotten", async () => {
    const { workspace } = service;
    const { accountName, endpoint, protocol } = datastore.entity.azureStorage;
    const container = {
      datastoreName: "extra",
      accountName,
      endpoint,
      protocol,
      containerName: "extra-data",
      accountKey: accountKey(),
      createIfNotExists: true,
    };
    const registered = await Datastore.registerAzureBlobContainer(workspace, container);
    await registered.upload(folder.path);
    expect(await registered.list("")).toEqual(["a.csv", "deep/b & c.csv"]);
    await expect(Datastore.registerAzureBlobContainer(workspace, container)).rejects.toMatchObject({
      status: 409,
      code: "DatastoreExists",
    });
    const again = await Datastore.registerAzureBlobContainer(workspace, {
      ...container,
      overwrite: true,
      tags: { a: "1" },
    });
    expect(again.entity.tags).toEqual({ a: "1" });
    expect((await Datastore.list(workspace)).map(({ name }) => name)).toEqual([
      "workspaceblobstore",
      "workspacefilestore",
      "extra",
    ]);
    await Datastore.setDefault(workspace, "extra");
    expect((await Datastore.getDefault(workspace)).name).toBe("extra");
    await expect(again.unregister()).rejects.toMatchObject({ code: "DatastoreBuiltIn" });
    await Datastore.setDefault(workspace, "workspaceblobstore");
    await again.unregister();
    await expect(Datastore.get(workspace, "extra")).rejects.toMatchObject({
      status: 404,
      code: "DatastoreNotFound",
    });
  });

  test("registered by a SAS never shows that SAS again, to nobody and in no log", async () => {
    const { accountName, endpoint, protocol, sasToken } = datastore.entity.azureStorage;
    const container = { accountName, endpoint, protocol, containerName: "azureml-blobstore" };
    const { workspace } = service;
    const body = { datastoreName: "shared", ...container, sasToken: sasToken ?? "" };
    const registered = await Datastore.registerAzureBlobContainer(workspace, body);
    const signature = new URLSearchParams(sasToken ?? "").get("sig") ?? "none";
    const answer = await service.send({ path: workspace.routes.datastore("shared") });
    expect(decodeURIComponent(answer.text)).not.toContain(signature);
    expect(answer.text).not.toContain(encodeURIComponent(signature));
    await expect(registered.list("")).rejects.toThrow("gives no signature");
    expect(existsSync(join(service.dataFolder, "app", "secret-key"))).toBe(true);
  });

  test("of another type is refused by its name", async () => {
    const { routes } = service.workspace;
    const answer = await service.send({
      method: "POST",
      path: routes.datastores,
      body: { name: "lake", dataStoreType: "AzureDataLakeGen2" },
    });
    expect([answer.status, codeOf(answer)]).toEqual([400, "UnsupportedDatastore"]);
    expect(answer.text).toContain("AzureDataLakeGen2");
  });
});
