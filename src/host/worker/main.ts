/**
 * The app's process: loads the app with our core module, then serves invocations over IPC. It keeps nothing that must
 * survive it; when its channel to the host closes it leaves.
 */
import path from "node:path";
import { Worker } from "node:worker_threads";
import { assertNever } from "../assertNever";
import { keepHeapSmall } from "../keepHeapSmall";
import { followClock } from "../testClock";
import { installCoreModule, Registry, type CoreLog, type Hook } from "./coreModule";
import { invokeFunction, readOnly, type InvocationEnd, type InvocationScope } from "./invokeFunction";
import { currentInvocation, reportLastWords } from "./lastWords";
import { loadApp } from "./loadApp";
import type { FromWorker, InvocationResponse, Invoke, ToWorker, TypedData } from "./protocol";
import { readTurnResult } from "./readTurnResult";

keepHeapSmall();
const registry = new Registry();
const appHookData: Record<string, unknown> = {};
const appLifeHookData: Record<string, unknown> = {};
let running = 0;

function send(message: FromWorker, sent: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, sent);
}

function logFor(functionName: string | null, scope: InvocationScope = { hookData: {} }): CoreLog {
  return (level, category, message) => {
    const entry = { ...scope, level, category, message };
    if (category === "user") for (const hook of registry.hooks.log) hook(entry);
    send({ kind: "log", functionName, level: entry.level, category, message: entry.message });
  };
}

async function runAppHooks(hooks: readonly Hook[]): Promise<void> {
  const context = readOnly(
    {},
    { hookData: appLifeHookData, appHookData, functionAppDirectory: process.cwd() },
  );
  for (const hook of hooks) await hook(context);
}

const streamingRefused =
  "HTTP streaming is not emulated by the local host; remove enableHttpStream from app.setup, bodies then arrive whole.";

async function start(): Promise<void> {
  try {
    await followClock(process.env);
    await loadApp(process.cwd());
    await runAppHooks(registry.hooks.appStart);
    const capabilities = (await registry.model?.getCapabilities?.({})) ?? {};
    const problems = "HttpUri" in capabilities ? [streamingRefused] : [];
    registry.lock();
    send({ kind: "ready", functions: registry.describe(), problems, warnings: registry.warnings });
  } catch (error) {
    const problem = error instanceof Error ? error.message : describe(error);
    send({ kind: "refused", problem }, () => process.exit(1));
  }
}

async function serve(invoke: Invoke): Promise<void> {
  const { invocationId } = invoke.request;
  try {
    const fn = registry.functions.get(invoke.functionName);
    if (fn === undefined) throw new Error(`There is no function '${invoke.functionName}'.`);
    const scope: InvocationScope = { hookData: {} };
    const { functionName, request } = invoke;
    const end = await invokeFunction({
      registry,
      appHookData,
      scope,
      fn,
      request,
      log: logFor(functionName, scope),
    });
    if (invoke.knownLeaves === null) send({ kind: "returned", invocationId, response: await respond(end) });
    else send({ kind: "turned", invocationId, result: readTurn(end, invoke.knownLeaves) });
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(describe(error));
    send({ kind: "failed", invocationId, failure: { message: failure.message, stack: failure.stack ?? "" } });
  }
}

async function respond(end: InvocationEnd): Promise<InvocationResponse> {
  if (end.error !== null && end.error !== undefined) throw end.error as Error;
  const response = await end.model.getResponse(end.context, end.result);
  const outputs = (response["outputData"] as readonly { readonly name: string }[] | undefined) ?? [];
  return {
    returnValue: (response["returnValue"] as TypedData | null | undefined) ?? null,
    outputNames: outputs.map((output) => output.name),
  };
}

function readTurn(end: InvocationEnd, knownLeaves: number): ReturnType<typeof readTurnResult> {
  const { df } = end.context as {
    readonly df?: { readonly taskOrchestratorExecutor?: Record<string, unknown> };
  };
  const isFailed = end.error !== null && end.error !== undefined;
  const handlerEnd = isFailed
    ? ({ ok: false, error: end.error } as const)
    : ({ ok: true, value: end.result } as const);
  return readTurnResult(handlerEnd, df?.taskOrchestratorExecutor ?? null, knownLeaves);
}

function describe(error: unknown): string {
  if (typeof error === "string") return error;
  const json = JSON.stringify(error) as string | undefined;
  return json ?? "undefined";
}

/** Resolves when no invocation runs, or when the time is over. */
async function untilIdle(timeoutMs: number): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  while (running > 0 && performance.now() < endsAt) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function stop(hookTimeoutMs: number): Promise<void> {
  const timer = setTimeout(() => process.exit(0), hookTimeoutMs);
  await untilIdle(hookTimeoutMs / 2);
  try {
    await runAppHooks(registry.hooks.appTerminate);
  } catch (error) {
    logFor(null)("error", "system", `An appTerminate hook failed: ${describe(error)}`);
  }
  clearTimeout(timer);
  send({ kind: "stopped" }, () => process.exit(0));
}

function watchHost(): void {
  const watch = new Worker(path.join(__dirname, "hostWatch.js"), {
    workerData: { hostPid: process.ppid },
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  watch.on("error", (error) =>
    logFor(null)("warning", "system", `The host is not watched: ${error.message}`),
  );
  watch.unref();
}

process.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "invoke":
      running += 1;
      void currentInvocation.run(message.request.invocationId, async () =>
        serve(message).finally(() => (running -= 1)),
      );
      return;
    case "ping":
      send({ kind: "pong" });
      return;
    case "shutdown":
      return void stop(message.hookTimeoutMs);
    default:
      return assertNever(message);
  }
});
process.on("disconnect", () => process.exit(0));
/** The host decides when the app ends; a Ctrl+C in the terminal reaches this process too. */
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

watchHost();
reportLastWords(send);
installCoreModule(registry, logFor(null));
void start();
