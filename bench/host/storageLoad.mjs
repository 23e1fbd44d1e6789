/** Table rows and blobs through the official clients, one at a time; the same against Azurite. */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { TableClient } from "@azure/data-tables";
import { ContainerClient } from "@azure/storage-blob";
import { timed } from "../statistics.mjs";

const resolve = createRequire(import.meta.url).resolve;
const azuriteKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** The storage of a running host, as the clients want it. */
export function storageOf(host) {
  const { account, key } = host.keys.storage;
  return { account, key, blobEndpoint: host.blobEndpoint, tableEndpoint: host.tableEndpoint };
}

function connectionString({ account, key, blobEndpoint, tableEndpoint }) {
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=${blobEndpoint};TableEndpoint=${tableEndpoint};`;
}

/** A table and its client; `run(count)` answers the milliseconds of each insert. */
export async function openInserts(storage) {
  const client = TableClient.fromConnectionString(connectionString(storage), "bench", {
    allowInsecureConnection: true,
  });
  await client.createTable();
  return inOrder((i) => client.createEntity({ partitionKey: "p", rowKey: String(i), status: "Finished", i }));
}

/** A container and its client; `run(count)` answers the milliseconds of each put. */
export async function openPuts(storage, bytes) {
  const client = new ContainerClient(connectionString(storage), "bench");
  await client.create();
  const body = Buffer.alloc(bytes, 7);
  return inOrder((i) => client.getBlockBlobClient(`b${i}`).upload(body, bytes));
}

function inOrder(one) {
  let next = 0;
  return {
    async run(count) {
      const samples = [];
      for (let i = 0; i < count; i += 1) samples.push(await timed(() => one(next++)));
      return samples;
    },
  };
}

/** Starts Azurite on free ports over `directory`; resolves with its storage and how to stop it. */
export async function startAzurite(directory) {
  const parts = await Promise.all(["blob", "table"].map((service) => startAzuritePart(service, directory)));
  const [blobEndpoint, tableEndpoint] = parts.map(({ port }) => `http://127.0.0.1:${port}/devstoreaccount1`);
  return {
    storage: { account: "devstoreaccount1", key: azuriteKey, blobEndpoint, tableEndpoint },
    stop: async () => {
      await Promise.all(parts.map(({ stop }) => stop()));
    },
  };
}

async function startAzuritePart(service, directory) {
  const port = await freePort();
  const args = [resolve(`azurite/dist/src/${service}/main.js`), `--${service}Port`, String(port)];
  args.push(
    "--location",
    join(directory, `azurite-${service}`),
    "--skipApiVersionCheck",
    "--disableTelemetry",
  );
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise((done) => child.once("close", done));
  const end = () => child.kill();
  process.once("exit", end);
  await new Promise((listening, failed) => {
    child.stdout.on("data", (text) => {
      if (/successfully (listen|start)/.test(String(text))) listening();
    });
    child.once("close", (code) => failed(new Error(`Azurite's ${service} service ended with ${code}`)));
  });
  return {
    port,
    async stop() {
      end();
      await exited;
      process.off("exit", end);
    },
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
