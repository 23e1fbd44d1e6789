/** Registration of datastores against real containers of the local storage. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { ContainerSASPermissions, type ContainerClient } from "@azure/storage-blob";
import { createDatastores } from "../../../src/data/datastoreStore";
import type { DatastoreCredential, DatastoreRegistry, NewDatastore } from "../../../src/data/datastores";
import { startWorkspace, type WorkspaceUnderTest } from "./workspaceUnderTest";

let place: WorkspaceUnderTest;
let datastores: DatastoreRegistry;
let container: ContainerClient;
let accountKey: string;

const secretKey = () => Promise.resolve(new Uint8Array(Buffer.alloc(32, 7)));
const plainly = { overwrite: false, skipValidation: false, createIfNotExists: false };

beforeAll(async () => {
  place = await startWorkspace();
  datastores = createDatastores({ workspace: place.workspace, secretKey });
  container = place.workspace.blobs.getContainerClient("measurements");
  await container.create();
  await container.getBlockBlobClient("2024/a.csv").upload("x,y", 3);
  accountKey = /AccountKey=([^;]+)/.exec(place.storage.connectionString)?.[1] ?? "";
});
afterAll(() => place.storage.stop());

function newDatastore(
  name: string,
  credential: DatastoreCredential,
  more: Partial<NewDatastore> = {},
): NewDatastore {
  const { host } = new URL(container.url);
  const account = {
    accountName: "sluice",
    containerName: "measurements",
    endpoint: host,
    protocol: "http" as const,
  };
  return { name, ...account, credential, tags: {}, ...more };
}

async function sasToken(permissions: string): Promise<string> {
  const url = await container.generateSasUrl({
    permissions: ContainerSASPermissions.parse(permissions),
    expiresOn: new Date(place.workspace.clock.now().getTime() + 3_600_000),
  });
  return new URL(url).search.slice(1);
}

const key = (): DatastoreCredential => ({ kind: "accountKey", accountKey });
const refusedFor = (code: string) => ({ status: "refused", problems: [{ code }] });

describe("a registered datastore", () => {
  test.each(["accountKey", "sas", "identity"] as const)(
    "reaches its container by %s, also for a process that started later",
    async (kind) => {
      const credentials = {
        accountKey: key(),
        sas: { kind: "sas" as const, sasToken: await sasToken("rl") },
        identity: { kind },
      };
      const name = `by_${kind}`;
      const credential = credentials[kind] as DatastoreCredential;
      expect(await datastores.register(newDatastore(name, credential), plainly)).toMatchObject({
        status: "registered",
        datastore: { name, credentialKind: kind, hasBeenValidated: true },
      });
      const later = createDatastores({ workspace: place.workspace, secretKey });
      const blob = (await later.container(name)).getBlobClient("2024/a.csv");
      expect((await blob.downloadToBuffer()).toString()).toBe("x,y");
    },
  );

  test("keeps its secret out of its row and out of what it tells", async () => {
    const sas = await sasToken("rl");
    await datastores.register(newDatastore("secret_sas", { kind: "sas", sasToken: sas }), plainly);
    await datastores.register(newDatastore("secret_key", key()), plainly);
    const table = await place.workspace.table("Datastores");
    const rows: unknown[] = [];
    for await (const row of table.listEntities()) rows.push(row);
    const told = JSON.stringify([rows, await datastores.list()]);
    expect(told).toContain("secret_key");
    expect(told).not.toContain(accountKey);
    expect(told).not.toContain(new URLSearchParams(sas).get("sig"));
    expect(told).not.toContain(sas);
  });

  test("cannot be used under another key or another row's name, and says how to mend it", async () => {
    await datastores.register(newDatastore("sealed", key()), plainly);
    const stranger = createDatastores({
      workspace: place.workspace,
      secretKey: () => Promise.resolve(new Uint8Array(randomBytes(32))),
    });
    await expect(stranger.container("sealed")).rejects.toThrow("register the datastore anew");
    const table = await place.workspace.table("Datastores");
    const { secret } = await table.getEntity<{ secret: string }>("registered", "sealed");
    await datastores.register(newDatastore("other", key()), plainly);
    await table.updateEntity({ partitionKey: "registered", rowKey: "other", secret }, "Merge");
    await expect(datastores.container("other")).rejects.toThrow("register the datastore anew");
  });

  test("is not replaced unless that is asked for, and then at once", async () => {
    await datastores.register(newDatastore("mine", key()), plainly);
    const other = newDatastore("mine", key(), { containerName: "elsewhere", tags: { stage: "test" } });
    expect(await datastores.register(other, plainly)).toMatchObject(refusedFor("DatastoreExists"));
    await datastores.container("mine");
    await datastores.register(other, { ...plainly, overwrite: true, createIfNotExists: true });
    expect((await datastores.container("mine")).containerName).toBe("elsewhere");
    expect(await datastores.find("mine")).toMatchObject({ tags: { stage: "test" } });
  });

  test("is refused when its container is not there or the credential does not fit, unless it is taken unseen", async () => {
    const absent = newDatastore("absent", key(), { containerName: "absent" });
    expect(await datastores.register(absent, plainly)).toMatchObject({
      problems: [{ code: "DatastoreUnreachable", received: "404 ContainerNotFound" }],
    });
    const wrong = newDatastore("wrong", {
      kind: "accountKey",
      accountKey: randomBytes(64).toString("base64"),
    });
    expect(await datastores.register(wrong, plainly)).toMatchObject({
      problems: [{ code: "DatastoreUnreachable", received: "403 AuthenticationFailed" }],
    });
    expect(await datastores.find("absent")).toBeUndefined();
    expect(await datastores.register(absent, { ...plainly, skipValidation: true })).toMatchObject({
      datastore: { hasBeenValidated: false },
    });
  });

  test("is refused with every mistake at once, and none of the secret repeated", async () => {
    const outcome = await datastores.register(
      newDatastore(
        "bad name",
        { kind: "accountKey", accountKey: "not a key!" },
        {
          accountName: "A",
          containerName: "-x",
          endpoint: "internal.example",
          protocol: "http",
        },
      ),
      plainly,
    );
    expect(outcome).toMatchObject({ status: "refused" });
    const problems = outcome.status === "refused" ? outcome.problems : [];
    expect(problems.map(({ field }) => field)).toEqual([
      "name",
      "accountName",
      "containerName",
      "endpoint",
      "protocol",
      "credential",
    ]);
    expect(JSON.stringify(problems)).not.toContain("not a key!");
  });

  test("cannot be the container that the service keeps its own state in", async () => {
    const own = newDatastore("own", key(), { containerName: "sluice-system" });
    expect(await datastores.register(own, plainly)).toMatchObject(refusedFor("InvalidDatastore"));
  });

  test("is refused with what no row can hold, before the storage refuses it", async () => {
    const tags = { note: "x".repeat(40_000) };
    const sas = { kind: "sas", sasToken: `sig=${"x".repeat(40_000)}` } as const;
    for (const datastore of [newDatastore("wide", key(), { tags }), newDatastore("wide", sas)]) {
      expect(await datastores.register(datastore, { ...plainly, skipValidation: true })).toMatchObject(
        refusedFor("InvalidDatastore"),
      );
    }
  });

  test("that two callers unregister at once is gone for one of them and not there for the others", async () => {
    await datastores.register(newDatastore("twice", { kind: "identity" }), plainly);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => datastores.unregister("twice")));
    expect(outcomes.sort()).toEqual([...Array<string>(7).fill("not-found"), "unregistered"]);
  });

  test("is refused with a secret when there is no key to seal it, but not with an identity", async () => {
    const keyless = createDatastores({ workspace: place.workspace });
    expect(await keyless.register(newDatastore("k1", key()), plainly)).toMatchObject(
      refusedFor("SecretsUnavailable"),
    );
    expect(await keyless.register(newDatastore("k2", { kind: "identity" }), plainly)).toMatchObject({
      status: "registered",
    });
    const foreign = newDatastore(
      "k3",
      { kind: "identity" },
      {
        accountName: "foreign",
        endpoint: "core.windows.net",
        protocol: "https",
      },
    );
    expect(await keyless.register(foreign, plainly)).toMatchObject(refusedFor("InvalidDatastore"));
  });
});

describe("the datastores of a workspace", () => {
  test("are told in pages by name, each once, the built-in ones first", async () => {
    const names = async (): Promise<string[]> => {
      const found: string[] = [];
      let token: string | null = null;
      do {
        const page = await datastores.page(1, token);
        expect(page.items.length).toBeLessThanOrEqual(1);
        found.push(...page.items.map(({ name }) => name));
        token = page.continuationToken;
      } while (token !== null);
      return found;
    };
    const all = (await datastores.list()).map(({ name }) => name);
    expect(all.slice(0, 2)).toEqual(["workspaceblobstore", "workspacefilestore"]);
    expect(all.length).toBeGreaterThan(4);
    expect(await names()).toEqual(all);
  });

  test("have a default that can be chosen, and then not be forgotten", async () => {
    expect(await datastores.getDefault()).toMatchObject({ name: "workspaceblobstore" });
    await datastores.register(newDatastore("chosen", key()), plainly);
    expect(await datastores.setDefault("chosen")).toBe("set");
    expect(await datastores.getDefault()).toMatchObject({ name: "chosen" });
    expect(await datastores.unregister("chosen")).toBe("in-use");
    expect(await datastores.setDefault("nobody")).toBe("not-found");
    await datastores.setDefault("workspaceblobstore");
    expect(await datastores.unregister("chosen")).toBe("unregistered");
    expect(await datastores.find("chosen")).toBeUndefined();
    expect(await datastores.unregister("workspaceblobstore")).toBe("in-use");
    const taken = newDatastore("workspacefilestore", key());
    expect(await datastores.register(taken, { ...plainly, overwrite: true })).toMatchObject(
      refusedFor("DatastoreBuiltIn"),
    );
  });

  test("hold a file store that says what it is kept in", async () => {
    expect(await datastores.find("workspacefilestore")).toMatchObject({
      kind: "AzureFile",
      tags: { "sluice.backedBy": expect.stringContaining("blob container") },
    });
    const files = await datastores.container("workspacefilestore");
    await files.getBlockBlobClient("a.txt").upload("a", 1);
    expect(await files.getBlobClient("a.txt").exists()).toBe(true);
  });

  test("are found by their container, as a blob event names it", async () => {
    await datastores.register(newDatastore("event", key(), { containerName: "events" }), {
      ...plainly,
      createIfNotExists: true,
    });
    expect(await datastores.findByContainer("sluice", "events")).toMatchObject({ name: "event" });
    expect(await datastores.findByContainer("other", "events")).toBeUndefined();
    expect(await datastores.findByContainer("sluice", "azureml-blobstore")).toMatchObject({
      name: "workspaceblobstore",
    });
  });
});
