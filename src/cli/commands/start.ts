/**
 * `sluice start`: the whole service in the foreground.
 *
 * 1. However it ends, the host and with it every child is gone when the command returns.
 * 2. Ctrl-C is the normal end and exit code 0, also while the service hangs; a start that fails is one sentence and
 *    exit code 1.
 */
import { CliError, usageError } from "../cliError";
import { openWorkspace, tokenKeyOf } from "../connect";
import {
  appFolder,
  dataFolderOf,
  openDataFolder,
  removeServiceNote,
  userFolder,
  writeServiceNote,
} from "../dataFolder";
import { runExample } from "../example/runExample";
import { startHost, type HostProcess } from "../hostProcess";
import { aborted, watchInterrupts, type Interrupts } from "../interrupts";
import { readOptions, readPort } from "../options";
import { detectShell } from "../shellCommands";
import type { Terminal } from "../terminal";
import { waitForHealth } from "../waitForHealth";

interface StartOptions {
  readonly port: number;
  readonly dataFolder: string;
  /** Whether `--data` named another folder than the usual one. */
  readonly ownDataFolder: boolean;
  readonly example: boolean;
  readonly once: boolean;
  readonly python: string;
  readonly storage: string | undefined;
}

export async function start(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = readStartOptions(args);
  const interrupts = watchInterrupts();
  try {
    await openDataFolder(options.dataFolder);
    await tokenKeyOf(options.dataFolder);
    return await serve(options, terminal, interrupts);
  } catch (error) {
    if (interrupts.signal.aborted) return 0;
    throw error;
  } finally {
    interrupts.dispose();
  }
}

function readStartOptions(args: readonly string[]): StartOptions {
  const { values } = readOptions("start", args, {
    port: { type: "string", default: "7071" },
    data: { type: "string" },
    example: { type: "boolean", default: true },
    once: { type: "boolean", default: false },
    python: { type: "string" },
    storage: { type: "string" },
  });
  if (values.python === undefined)
    throw usageError("sluice start needs --python PATH when it is not run by npm start.");
  return {
    port: readPort("start", values.port),
    dataFolder: dataFolderOf(values.data, process.env),
    ownDataFolder: values.data !== undefined,
    example: values.example,
    once: values.once,
    python: values.python,
    storage: values.storage,
  };
}

async function serve(options: StartOptions, terminal: Terminal, interrupts: Interrupts): Promise<number> {
  terminal.line("Starting the local host …");
  const host = await startHost(options, interrupts.signal);
  interrupts.onSecond(() => host.kill());
  const died = host.exited.then(() => {
    throw new CliError(`The host ended by itself: ${host.logFile} says why.`);
  });
  const interrupted = aborted(interrupts.signal).then(() => {
    terminal.line("Stopping …");
    return 0;
  });
  const worked = work(host, options, terminal, interrupts.signal);
  try {
    return await Promise.race([died, worked, interrupted]);
  } finally {
    for (const beaten of [died, worked]) beaten.catch(() => undefined);
    await host.stop();
    await removeServiceNote(options.dataFolder);
  }
}

async function work(
  host: HostProcess,
  options: StartOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  await waitForHealth(host.url, signal);
  signal.throwIfAborted();
  await writeServiceNote(options.dataFolder, { url: host.url, pid: process.pid });
  terminal.line(`Sluice answers at ${terminal.style.bold(host.url)}  (log: ${host.logFile})`);
  const finished = !options.example || (await runFirst(host, options, terminal, signal));
  signal.throwIfAborted();
  if (options.once) return finished ? 0 : 1;
  terminal.line(terminal.style.dim("The service stays up until Ctrl-C."));
  await aborted(signal);
  return 0;
}

function runFirst(
  host: HostProcess,
  options: StartOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  const workspace = openWorkspace(host.url, options.dataFolder);
  const surroundings = {
    shell: detectShell({ platform: process.platform, env: process.env }),
    platform: process.platform,
    userFolder: userFolder(process.env),
    appFolder,
    dataFolder: options.ownDataFolder ? options.dataFolder : undefined,
    seesUploads: options.storage === undefined,
  };
  return runExample(workspace, terminal, surroundings, signal);
}
