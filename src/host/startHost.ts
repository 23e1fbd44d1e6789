/** Puts a host together and takes it down again, in the one order that is safe. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { AppRefused, AppWorker } from "./app/appWorker";
import { AppSettingsError, parseLocalSettings } from "./app/appSettings";
import { buildFunctionTable, type FunctionTable } from "./app/functionTable";
import { HostConfigError, parseHostConfig, type HostConfig } from "./app/hostConfig";
import { acquireDataLock } from "./dataLock";
import { HubDatabase } from "./durable/hubDatabase";
import { TaskHub } from "./durable/taskHub";
import { FunctionRunner, makeRoutes, explainOutcome, type HostRoutesOptions } from "./http/hostRoutes";
import { HostServer } from "./http/hostServer";
import { defaultBodyLimit } from "./http/httpMessage";
import { openKeys, type HostKeys } from "./http/keys";
import type { HostLog } from "./log/hostLog";
import type { HostArguments } from "./parseArguments";
import type { LocalStorage } from "./storage/openStorage";
import { Timers } from "./triggers/timers";

/** The host cannot start; the message is one sentence for the person who started it. */
export class HostRefused extends Error {}

export interface RunningHost {
  readonly url: string;
  readonly blobEndpoint: string | null;
  readonly tableEndpoint: string | null;
  /** Takes everything down within five seconds. Safe to call twice. */
  close(reason: string): Promise<void>;
}

/** Things to undo, newest first. */
class Closers {
  readonly #closers: (() => Promise<void> | void)[] = [];

  add(closer: () => Promise<void> | void): void {
    this.#closers.push(closer);
  }

  async run(): Promise<void> {
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) await closer();
  }
}

const workerGraceMs = 3_000;

/** Starts a host. Rejects with `HostRefused` and leaves nothing behind when it cannot. */
export async function startHost(args: HostArguments, log: HostLog): Promise<RunningHost> {
  const closers = new Closers();
  try {
    return await start(args, log, closers);
  } catch (error) {
    await closers.run();
    if (error instanceof AppRefused) throw new HostRefused(`The app cannot be loaded: ${error.message}`);
    if (error instanceof HostConfigError || error instanceof AppSettingsError)
      throw new HostRefused(error.message);
    throw error;
  }
}

async function start(args: HostArguments, log: HostLog, closers: Closers): Promise<RunningHost> {
  const settings = readSettings(args.folder);
  const config = readConfig(args.folder, settings);
  log.setFilter(config.logFilter);
  config.warnings.forEach((warning) => log.hostWarning(warning));
  const hostDir = path.join(args.dataDir, "host");
  const { keys, hub } = await openData(hostDir, config, closers);
  const rpcSegment = `durable-${randomBytes(24).toString("base64url")}`;
  const server = new HostServer({ keys, bodyLimit: bodyLimit(settings), rpcSegment, log });
  closers.add(() => server.close());
  await listen(server, args.port);
  const storage =
    args.storage === null
      ? await openLocalStorage(hostDir, keys, args.port === 0 ? null : args.port, log)
      : null;
  if (storage !== null) closers.add(async () => storage.close());
  const connection = args.storage ?? storage?.connectionString ?? "";
  let onState: (isRunning: boolean) => void = () => undefined;
  const worker = new AppWorker({
    folder: args.folder,
    environment: appEnvironment(args.folder, settings, connection, server.port),
    functionTimeoutMs: config.functionTimeoutMs,
    log,
    onState: (isRunning) => onState(isRunning),
  });
  closers.add(async () => worker.stop(workerGraceMs));
  const loaded = await worker.start();
  loaded.warnings.forEach((warning) => log.hostWarning(warning));
  const table = buildTable(loaded.functions, config, settings);
  const taskHub = makeTaskHub(hub, worker, log, config, table);
  closers.add(() => taskHub.stop());
  onState = (isRunning) => {
    if (isRunning) taskHub.pump();
  };
  const url = `http://127.0.0.1:${server.port}`;
  const options: HostRoutesOptions = {
    worker,
    table,
    taskHub,
    addresses: {
      hubName: config.durable.hubName,
      connectionName: config.durable.connectionName,
      webhookUrl: `http://localhost:${server.port}/runtime/webhooks/durabletask`,
      webhookKey: keys.systemKeys.durabletask_extension,
      rpcUrl: `${url}/${rpcSegment}/`,
    },
    log,
    status: () => hostStatus(worker, table, storage),
  };
  const runner = new FunctionRunner(options);
  server.setRoutes(makeRoutes(options, runner));
  taskHub.recover();
  const timers = new Timers({
    hub,
    log,
    run: async (timer, input) => void explainOutcome(await runner.run(timer, { json: input }, {}, "timer")),
  });
  closers.add(() => timers.stop());
  await timers.start(table.functions.filter((fn) => fn.kind === "timer"));
  for (const fn of table.functions)
    log.functionLoaded(fn.name, fn.kind, fn.kind === "http" ? `/${fn.template.text}` : "");
  if (storage !== null) void subscribeEvents(storage, table, url, keys, log);
  closers.add(() => server.stopAccepting());
  log.hostReady(url, table.functions.length);
  return {
    url,
    blobEndpoint: storage?.blobEndpoint ?? null,
    tableEndpoint: storage?.tableEndpoint ?? null,
    close: async (reason) => {
      log.hostStopping(reason);
      await closers.run();
    },
  };
}

function readSettings(folder: string): Readonly<Record<string, string | undefined>> {
  const file = path.join(folder, "local.settings.json");
  const local = existsSync(file) ? parseLocalSettings(readFileSync(file, "utf8")) : {};
  return { ...local, ...process.env };
}

function readConfig(folder: string, settings: Readonly<Record<string, string | undefined>>): HostConfig {
  const file = path.join(folder, "host.json");
  if (!existsSync(file)) throw new HostRefused(`There is no host.json in ${folder}.`);
  return parseHostConfig(readFileSync(file, "utf8"), settings, os.availableParallelism());
}

async function openData(
  hostDir: string,
  config: HostConfig,
  closers: Closers,
): Promise<{ keys: HostKeys; hub: HubDatabase }> {
  try {
    mkdirSync(hostDir, { recursive: true });
    const lock = await acquireDataLock(path.join(hostDir, "lock"));
    if (lock.kind === "owned")
      throw new HostRefused(`Another host (process ${lock.pid}) is using this data folder.`);
    closers.add(lock.release);
    const hub = new HubDatabase(path.join(hostDir, "hub", config.durable.hubName));
    closers.add(async () => hub.close());
    return { keys: openKeys(path.join(hostDir, "keys.json")), hub };
  } catch (error) {
    if (error instanceof HostRefused) throw error;
    throw new HostRefused(
      `The data folder cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function listen(server: HostServer, port: number): Promise<void> {
  try {
    await server.listen(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new HostRefused(`Port ${port} is taken; choose another with --port.`);
    throw new HostRefused(`Port ${port} cannot be opened (${code ?? String(error)}).`);
  }
}

async function openLocalStorage(
  hostDir: string,
  keys: HostKeys,
  port: number | null,
  log: HostLog,
): Promise<LocalStorage> {
  try {
    const { openStorage } = await import("./storage/openStorage.js");
    return await openStorage({
      dataDir: path.join(hostDir, "storage"),
      account: keys.storage.account,
      key: keys.storage.key,
      blobPort: port === null ? 0 : port + 1,
      tablePort: port === null ? 0 : port + 2,
      log: (level, event, detail) => log.storage(level, event, detail),
    });
  } catch (error) {
    throw new HostRefused(
      `The local storage cannot start: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function appEnvironment(
  folder: string,
  settings: Readonly<Record<string, string | undefined>>,
  connection: string,
  port: number,
): Record<string, string> {
  const own = Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return {
    ...own,
    FUNCTIONS_WORKER_RUNTIME: "node",
    AzureWebJobsStorage: connection,
    AzureWebJobsScriptRoot: folder,
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    WEBSITE_HOSTNAME: `localhost:${port}`,
  };
}

function buildTable(
  registered: Parameters<typeof buildFunctionTable>[0]["registered"],
  config: HostConfig,
  settings: Readonly<Record<string, string | undefined>>,
): FunctionTable {
  const table = buildFunctionTable({
    registered,
    routePrefix: config.routePrefix,
    only: config.functions,
    settings,
  });
  if (table.problems.length > 0)
    throw new HostRefused(`The app cannot run here: ${table.problems.join(" ")}`);
  return table;
}

function makeTaskHub(
  hub: HubDatabase,
  worker: AppWorker,
  log: HostLog,
  config: HostConfig,
  table: FunctionTable,
): TaskHub {
  return new TaskHub({
    hub,
    worker,
    log,
    config: config.durable,
    functionTimeoutMs: config.functionTimeoutMs,
    orchestrators: table.functions.filter((fn) => fn.kind === "orchestration"),
    activities: table.functions.filter((fn) => fn.kind === "activity"),
  });
}

function bodyLimit(settings: Readonly<Record<string, string | undefined>>): number {
  const wanted = Number(settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"]);
  return Number.isInteger(wanted) && wanted > 0 ? wanted : defaultBodyLimit;
}

function hostStatus(
  worker: AppWorker,
  table: FunctionTable,
  storage: LocalStorage | null,
): Readonly<Record<string, unknown>> {
  const problems = [...(worker.problem === null ? [] : [worker.problem]), ...(storage?.health() ?? [])];
  return {
    state: worker.isRunning ? "Running" : "Error",
    processId: process.pid,
    problems,
    worker: { isRunning: worker.isRunning, processId: worker.pid, restarts: worker.restarts },
    functions: table.functions.map(({ name, kind }) => ({ name, trigger: kind })),
    disabled: table.disabled,
  };
}

async function subscribeEvents(
  storage: LocalStorage,
  table: FunctionTable,
  url: string,
  keys: HostKeys,
  log: HostLog,
): Promise<void> {
  for (const fn of table.functions.filter((each) => each.kind === "eventGrid")) {
    const endpoint = `${url}/runtime/webhooks/eventgrid?functionName=${encodeURIComponent(fn.name)}&code=${keys.systemKeys.eventgrid_extension}`;
    try {
      await storage.subscribe({ name: fn.name, endpoint, eventTypes: ["Microsoft.Storage.BlobCreated"] });
      log.eventsSubscribed(fn.name);
    } catch (error) {
      log.eventsNotSubscribed(fn.name, error instanceof Error ? error.message : String(error));
    }
  }
}
