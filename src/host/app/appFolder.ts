/** Reads the app's folder: its settings and host.json, and what its process gets as environment. */
import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseLocalSettings } from "./appSettings";
import { HostConfigError, parseHostConfig, type HostConfig } from "./hostConfig";

/** App settings: local.settings.json below the environment of this process. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** The settings of the app in `folder`; the environment wins over local.settings.json. */
export function readSettings(folder: string): Settings {
  const file = path.join(folder, "local.settings.json");
  const local = existsSync(file) ? parseLocalSettings(readFileSync(file, "utf8")) : {};
  return { ...local, ...process.env };
}

/** host.json of the app; throws `HostConfigError` when it is missing or wrong. */
export function readConfig(folder: string, settings: Settings): HostConfig {
  const file = path.join(folder, "host.json");
  const runtime = settings["FUNCTIONS_WORKER_RUNTIME"] ?? "node";
  if (runtime.toLowerCase() !== "node")
    throw new HostConfigError(
      `FUNCTIONS_WORKER_RUNTIME is '${runtime}'; the local host runs apps for 'node' only.`,
    );
  if (!existsSync(file)) throw new HostConfigError(`There is no host.json in ${folder}.`);
  return parseHostConfig(readFileSync(file, "utf8"), settings, os.availableParallelism());
}

/** The environment of the app's process. */
export function appEnvironment(
  folder: string,
  settings: Settings,
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
