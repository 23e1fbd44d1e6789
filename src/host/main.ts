/**
 * The `sluice-host` command: one line of JSON on standard output when the host is ready, logs on standard error, exit code 1
 * and one sentence when it cannot start (one line of JSON when the logs are JSON).
 */
import { keepHeapSmall } from "./keepHeapSmall";
import { HostLog, streamSink } from "./log/hostLog";
import { parseArguments, UsageError, usage, type HostArguments } from "./parseArguments";
import { HostRefused, startHost, type RunningHost } from "./startHost";

const lastResortMs = 5_000;

async function main(): Promise<void> {
  keepHeapSmall();
  const args = readArguments();
  if (args === null) return;
  const log = new HostLog(streamSink(process.stderr, args.asJson));
  const stopped = untilAskedToStop();
  const host = await start(args, log);
  const { url, blobEndpoint, tableEndpoint } = host;
  process.stdout.write(
    `${JSON.stringify({ event: "ready", url, blobEndpoint, tableEndpoint, pid: process.pid })}\n`,
  );
  await host.close(await stopped);
  process.exit(0);
}

/** Resolves with the reason. Whatever hangs afterwards, the process ends in time. */
async function untilAskedToStop(): Promise<string> {
  return new Promise((resolve) => {
    const stop = (reason: string): void => {
      setTimeout(() => process.exit(1), lastResortMs).unref();
      resolve(reason);
    };
    process.once("SIGINT", () => stop("interrupted"));
    process.once("SIGTERM", () => stop("asked to end"));
    process.once("disconnect", () => stop("the process that started it is gone"));
    process.on("message", (message) => {
      if (message === "shutdown") stop("asked to end");
    });
  });
}

async function start(args: HostArguments, log: HostLog): Promise<RunningHost> {
  try {
    return await startHost(args, log);
  } catch (error) {
    const text =
      error instanceof HostRefused ? error.message : `The host failed to start: ${describe(error)}`;
    if (args.asJson) log.hostRefused(text);
    else process.stderr.write(`sluice-host: ${text}\n`);
    return process.exit(1);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function readArguments(): HostArguments | null {
  try {
    return parseArguments(process.argv.slice(2), process.cwd());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`sluice-host: ${error.message}\n${usage}\n`);
    process.exitCode = 2;
    return null;
  }
}

void main();
