/** The two services that the contract is held against: ours, and Azurite as the yardstick. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { openTestStorage } from "../openTestStorage";

export type BackendName = "ours" | "Azurite";

export interface Backend {
  readonly name: BackendName;
  readonly connectionString: string;
  readonly account: string;
  readonly key: string;
  readonly blobEndpoint: string;
  readonly tableEndpoint: string;
  stop(): Promise<void>;
}

export const BACKENDS: readonly BackendName[] = ["ours", "Azurite"];

export function startBackend(name: BackendName): Promise<Backend> {
  return name === "ours" ? startOurs() : startAzurite();
}

async function startOurs(): Promise<Backend> {
  const { storage, key, close } = await openTestStorage();
  const { connectionString, blobEndpoint, tableEndpoint } = storage;
  return { name: "ours", connectionString, account: "sluice", key, blobEndpoint, tableEndpoint, stop: close };
}

async function startAzurite(): Promise<Backend> {
  const folder = await mkdtemp(join(tmpdir(), "azurite-"));
  const key = randomBytes(64).toString("base64");
  const [blob, table] = await Promise.all([
    startService("blob", folder, key),
    startService("table", folder, key),
  ]);
  const blobEndpoint = `${blob.address}/sluice`;
  const tableEndpoint = `${table.address}/sluice`;
  return {
    name: "Azurite",
    connectionString: `DefaultEndpointsProtocol=http;AccountName=sluice;AccountKey=${key};BlobEndpoint=${blobEndpoint};TableEndpoint=${tableEndpoint};`,
    account: "sluice",
    key,
    blobEndpoint,
    tableEndpoint,
    stop: async () => {
      await Promise.all([stopProcess(blob.child), stopProcess(table.child)]);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function startService(
  service: "blob" | "table",
  folder: string,
  key: string,
): Promise<{ address: string; child: ChildProcess }> {
  const root = dirname(require.resolve("azurite/package.json"));
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      join(root, "dist", "src", service, "main.js"),
      ...[`--${service}Host`, "127.0.0.1", `--${service}Port`, String(port)],
      ...["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"],
    ],
    {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, AZURITE_ACCOUNTS: `sluice:${key}` },
    },
  );
  await untilStarted(child);
  return { address: `http://127.0.0.1:${port}`, child };
}

/** Azurite's table service does not tell which port it took, so it gets one. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function untilStarted(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      if (/successfully (listens|started) on/.test(text)) resolve();
    });
    child.once("exit", (code) => reject(new Error(`Azurite ended with ${code ?? "a signal"}: ${text}`)));
  });
}

function stopProcess(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}
