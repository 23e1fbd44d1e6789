/**
 * The `sluice-host` command: one line of JSON on standard output when the host is ready, logs on standard error, exit code 1
 * and one sentence when it cannot start.
 */
import { HostLog, streamSink } from "./log/hostLog";
import { parseArguments, UsageError, usage, type HostArguments } from "./parseArguments";
import { HostRefused, startHost, type RunningHost } from "./startHost";

const lastResortMs = 5_000;

async function main(): Promise<void> {
  const args = readArguments();
  if (args === null) return;
  const log = new HostLog(streamSink(process.stderr, args.asJson));
  let host: RunningHost | null = null;
  let stopReason: string | null = null;
  const stop = (reason: string): void => {
    if (stopReason !== null) return;
    stopReason = reason;
    setTimeout(() => process.exit(1), lastResortMs).unref();
    if (host !== null) void host.close(reason).then(() => process.exit(0));
  };
  process.on("SIGINT", () => stop("interrupted"));
  process.on("SIGTERM", () => stop("asked to end"));
  process.on("disconnect", () => stop("the process that started it is gone"));
  process.on("message", (message) => {
    if (message === "shutdown") stop("asked to end");
  });
  try {
    host = await startHost(args, log);
  } catch (error) {
    const text =
      error instanceof HostRefused
        ? error.message
        : `The host failed to start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    process.stderr.write(`sluice-host: ${text}\n`);
    process.exit(1);
  }
  if (stopReason !== null) return void host.close(stopReason).then(() => process.exit(0));
  const { url, blobEndpoint, tableEndpoint } = host;
  process.stdout.write(
    `${JSON.stringify({ event: "ready", url, blobEndpoint, tableEndpoint, pid: process.pid })}\n`,
  );
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
