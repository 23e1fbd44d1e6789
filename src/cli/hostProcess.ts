/**
 * The host as a child process: its start, its log, its end.
 *
 * 1. The host's ready line on stdout says where it answers; every other line of it goes to the log file.
 * 2. A start that fails is told in the host's own sentence.
 * 3. `stop` ends soon after `graceMs`, gently if the host lets it, else by force.
 * 4. The host ends by itself when this process is gone: it sees the channel between them close.
 */
import { spawn, type ChildProcess } from "node:child_process";
import type { WriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { CliError } from "./cliError";
import { appFolder } from "./dataFolder";
import { hostLogFile, openHostLog } from "./hostLog";

/** Time for a gentle end; a Ctrl-C stops everything within 5 s. */
const graceMs = 4000;

export interface HostSettings {
  readonly port: number;
  readonly dataFolder: string;
  readonly python: string;
  /** Connection string of a storage to use instead of the host's own. */
  readonly storage: string | undefined;
}

export interface HostProcess {
  readonly url: string;
  readonly logFile: string;
  /** Settles when the process is gone, whoever ended it. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
  /** Ends it now. */
  kill(): void;
}

/** What the host puts before the sentence that says why it does not start. */
const refusalPrefix = "sluice-host: ";

const readyLine = z.object({ url: z.url() });

/** Starts the host on an open data folder and waits until it listens. Aborting `signal` ends it while it starts. */
export async function startHost(settings: HostSettings, signal: AbortSignal): Promise<HostProcess> {
  const logFile = hostLogFile(settings.dataFolder);
  const log = await openHostLog(settings.dataFolder);
  const child = spawn(process.execPath, hostArguments(settings), {
    env: hostEnvironment(settings, process.env),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    windowsHide: true,
  });
  const exited = new Promise<void>((done) => child.once("close", () => log.end(done)));
  const kill = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  try {
    const url = await untilReady(child, log, logFile);
    return { url, logFile, exited, stop: () => stop(child, exited), kill };
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

function hostArguments({ port, dataFolder, storage }: HostSettings): readonly string[] {
  const main = join(appFolder, "dist", "host", "main.js");
  const args = [main, appFolder, "--port", String(port), "--data", dataFolder];
  return storage === undefined ? args : [...args, "--storage", storage];
}

/** With port 0 only the host knows its own address. */
function hostEnvironment(settings: HostSettings, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = { ...env, SLUICE_DATA_DIR: settings.dataFolder, SLUICE_PYTHON: settings.python };
  return settings.port === 0 ? own : { ...own, SLUICE_SELF_URL: `http://127.0.0.1:${settings.port}` };
}

function untilReady(child: ChildProcess, log: WriteStream, logFile: string): Promise<string> {
  return new Promise((ready, failed) => {
    let refusal = "";
    eachLine(child.stdout, (line) => {
      const url = readUrl(line);
      if (url === undefined) log.write(`${line}\n`);
      else ready(url);
    });
    eachLine(child.stderr, (line) => {
      log.write(`${line}\n`);
      if (line.startsWith(refusalPrefix)) refusal = line.slice(refusalPrefix.length);
    });
    child.once("error", (error) => {
      failed(new CliError(`The host could not be started: ${error.message}.`));
    });
    child.once("close", (code, signal) => {
      const how = code === null ? `by ${signal ?? "a signal"}` : `with code ${code}`;
      failed(
        new CliError(
          refusalWithRemedy(refusal) || `The host ended ${how} before it was ready: ${logFile} says more.`,
        ),
      );
    });
  });
}

/** The host's storage knows its ports but not the option that they follow from. */
function refusalWithRemedy(refusal: string): string {
  const isStoragePort = /storage cannot start: Port \d+ is taken/.test(refusal);
  return isStoragePort ? `${refusal} Storage takes the two ports after --port: choose another.` : refusal;
}

function eachLine(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream, crlfDelay: Infinity }).on("line", take);
}

function readUrl(line: string): string | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return readyLine.safeParse(JSON.parse(line)).data?.url;
  } catch {
    return undefined;
  }
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  // A message, since Windows has no signal that a process could answer.
  if (child.connected) child.send("shutdown");
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}
