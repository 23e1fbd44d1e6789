/** Puts a host together and takes it down again, in the one order that is safe. */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { appEnvironment, readConfig, readSettings, type Settings } from "./app/appFolder";
import { AppSettingsError } from "./app/appSettings";
import { AppRefused, AppWorker, type LoadedApp, type StandingInputs } from "./app/appWorker";
import { BlobEvents } from "./blobEvents";
import { FunctionRunner } from "./app/functionRunner";
import { buildFunctionTable, type FunctionTable } from "./app/functionTable";
import { HostConfigError, type HostConfig } from "./app/hostConfig";
import type { HubDatabase } from "./durable/hubDatabase";
import { durableClientInput, type DurableAddresses } from "./durable/clientBinding";
import { TaskHub } from "./durable/taskHub";
import { makeRoutes, type HostRoutesOptions } from "./http/hostRoutes";
import { HostServer } from "./http/hostServer";
import { defaultBodyLimit } from "./http/httpMessage";
import type { HostKeys } from "./http/keys";
import type { HostClock } from "./hostClock";
import { describeHost, findProblems, type HostParts } from "./hostHealth";
import type { HostLog } from "./log/hostLog";
import { DataFolderRefused, openDataFolder } from "./openDataFolder";
import type { HostArguments } from "./parseArguments";
import { disturbanceIn, openStorage, type LocalStorage } from "./storage/openStorage";
import { openClock, TestClockRefused } from "./testClock";
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
const expected = [HostConfigError, AppSettingsError, DataFolderRefused, TestClockRefused];

/** Starts a host. Rejects with `HostRefused` and leaves nothing behind when it cannot. */
export async function startHost(args: HostArguments, log: HostLog): Promise<RunningHost> {
  const closers = new Closers();
  try {
    return await start(args, log, closers);
  } catch (error) {
    await closers.run();
    if (error instanceof AppRefused) throw new HostRefused(`The app cannot be loaded: ${error.message}`);
    if (expected.some((kind) => error instanceof kind)) throw new HostRefused((error as Error).message);
    throw error;
  }
}

async function start(args: HostArguments, log: HostLog, closers: Closers): Promise<RunningHost> {
  const clock = await openClock(process.env);
  const ground = await openGround(args, clock, log, closers);
  const { server, storage, settings, config } = ground;
  const connection = args.storage ?? storage?.connectionString ?? "";
  const worker = new AppWorker({
    folder: args.folder,
    environment: appEnvironment(args.folder, settings, connection, server.port),
    functionTimeoutMs: config.functionTimeoutMs,
    log,
  });
  closers.add(async () => worker.stop(workerGraceMs));
  const loaded = await worker.start();
  const table = buildTable(loaded, config, settings);
  [...loaded.warnings, ...table.warnings].forEach((warning) => log.hostWarning(warning));
  const url = `http://127.0.0.1:${server.port}`;
  await serveApp(ground, { worker, table, url, clock, log, closers });
  for (const fn of table.functions) {
    log.functionLoaded(fn.name, fn.kind, fn.kind === "http" ? `/${fn.template.text}` : "");
  }
  table.disabled.forEach((name) => log.functionDisabled(name));
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

/** What stands before the app is loaded. */
interface Ground {
  readonly settings: Settings;
  readonly config: HostConfig;
  readonly keys: HostKeys;
  readonly hub: HubDatabase;
  readonly server: HostServer;
  readonly rpcSegment: string;
  readonly storage: LocalStorage | null;
}

async function openGround(
  args: HostArguments,
  clock: HostClock,
  log: HostLog,
  closers: Closers,
): Promise<Ground> {
  const settings = readSettings(args.folder);
  const config = readConfig(args.folder, settings);
  log.setFilter(config.logFilter);
  config.warnings.forEach((warning) => log.hostWarning(warning));
  const hostDir = path.join(args.dataDir, "host");
  const data = await openDataFolder(hostDir, config.durable.hubName);
  closers.add(async () => data.close());
  const { keys, hub } = data;
  log.hide(secretsOf(keys));
  const rpcSegment = `durable-${randomBytes(24).toString("base64url")}`;
  const server = new HostServer({ keys, bodyLimit: bodyLimit(settings), rpcSegment, log });
  closers.add(() => server.close());
  await listen(server, args.port);
  const port = args.port === 0 ? null : args.port;
  const storage = args.storage === null ? await openLocalStorage(hostDir, keys, port, { clock, log }) : null;
  if (storage !== null) closers.add(async () => storage.close());
  return { settings, config, keys, hub, server, rpcSegment, storage };
}

interface LoadedHost {
  readonly worker: AppWorker;
  readonly table: FunctionTable;
  readonly url: string;
  readonly clock: HostClock;
  readonly log: HostLog;
  readonly closers: Closers;
}

/** Opens every way into the loaded app: orchestrations, routes, timers. */
async function serveApp(ground: Ground, loaded: LoadedHost): Promise<void> {
  const { worker, table, url, clock, log, closers } = loaded;
  const { hub, config, keys, server, rpcSegment, storage } = ground;
  const taskHub = makeTaskHub(ground, loaded);
  const events = new BlobEvents({ storage, table, log, endpointOf: eventGridEndpoint(url, keys) });
  const parts: HostParts = { worker, table, hub, storage, events };
  closers.add(() => taskHub.stop());
  worker.onRunning(() => taskHub.pump());
  const options: HostRoutesOptions = {
    worker,
    table,
    taskHub,
    addresses: {
      hubName: config.durable.hubName,
      connectionName: config.durable.connectionName,
      webhookUrl: `http://localhost:${server.port}/runtime/webhooks/durabletask`,
      webhookKey: keys.systemKeys.durabletask_extension,
      rpcUrl: config.durable.hasRpcEndpoint ? `${url}/${rpcSegment}/` : null,
    },
    log,
    status: () => describeHost(parts),
    health: () => findProblems(parts),
    ...{ keys, url, http: config.http },
  };
  worker.setStandingInputs(durableClients(table, options.addresses));
  const runner = new FunctionRunner({ worker, clock, log });
  closers.add(() => runner.stop());
  server.setRoutes(makeRoutes(options, runner));
  taskHub.recover();
  const timers = new Timers({
    hub,
    clock,
    log,
    run: async (timer, input) => {
      await runner.run(timer, { data: { json: input }, metadata: {}, reason: "timer" });
    },
  });
  closers.add(() => timers.stop());
  await timers.start(table.functions.filter((fn) => fn.kind === "timer"));
  events.start();
  closers.add(() => events.stop());
  closers.add(() => server.stopAccepting());
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
  { clock, log }: { readonly clock: HostClock; readonly log: HostLog },
): Promise<LocalStorage> {
  try {
    return await openStorage({
      dataDir: path.join(hostDir, "storage"),
      account: keys.storage.account,
      key: keys.storage.key,
      blobPort: port === null ? 0 : port + 1,
      tablePort: port === null ? 0 : port + 2,
      clock,
      disturbEvents: disturbanceIn(process.env),
      log: (level, event, detail) => log.storage(level, event, detail),
    });
  } catch (error) {
    throw new HostRefused(
      `The local storage cannot start: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function buildTable(loaded: LoadedApp, config: HostConfig, settings: Settings): FunctionTable {
  const table = buildFunctionTable({
    registered: loaded.functions,
    routePrefix: config.routePrefix,
    only: config.functions,
    defaultRetry: config.retry,
    settings,
  });
  const problems = [...loaded.problems, ...table.problems];
  if (problems.length > 0) throw new HostRefused(`The app cannot run here: ${problems.join(" ")}`);
  return table;
}

/** The durable client inputs of every function that asks for them, whatever triggers it. */
function durableClients(table: FunctionTable, addresses: DurableAddresses): StandingInputs {
  const data = { string: durableClientInput(addresses) };
  return new Map(
    table.functions.map((fn) => [fn.name, fn.clientInputs.map((name) => ({ name, data }))] as const),
  );
}

function makeTaskHub({ hub, config }: Ground, { worker, table, clock, log }: LoadedHost): TaskHub {
  return new TaskHub({
    hub,
    worker,
    log,
    config: config.durable,
    functionTimeoutMs: config.functionTimeoutMs,
    now: clock.now,
    orchestrators: table.functions.filter((fn) => fn.kind === "orchestration"),
    activities: table.functions.filter((fn) => fn.kind === "activity"),
  });
}

function eventGridEndpoint(url: string, { systemKeys }: HostKeys): (functionName: string) => string {
  const key = systemKeys.eventgrid_extension;
  return (name) => `${url}/runtime/webhooks/eventgrid?functionName=${encodeURIComponent(name)}&code=${key}`;
}

function secretsOf({ masterKey, functionKeys, systemKeys, functions, storage }: HostKeys): readonly string[] {
  const own = Object.values(functions ?? {}).flatMap((keys) => Object.values(keys));
  return [masterKey, ...Object.values(functionKeys), ...Object.values(systemKeys), ...own, storage.key];
}

function bodyLimit(settings: Settings): number {
  const wanted = Number(settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"]);
  return Number.isInteger(wanted) && wanted > 0 ? wanted : defaultBodyLimit;
}
