import path from "node:path";
import { parseArgs } from "node:util";

export interface HostArguments {
  /** The app's folder, absolute. */
  readonly folder: string;
  readonly port: number;
  /** The data folder, absolute. */
  readonly dataDir: string;
  /** A storage connection string to use instead of the host's own storage, or null. */
  readonly storage: string | null;
  readonly asJson: boolean;
}

/** The command line cannot be understood; the message says what is wrong. */
export class UsageError extends Error {}

export const usage = `Usage: sluice-host [folder] [--port N] [--data DIR] [--storage CONNECTION] [--json]`;

/** Parses `sluice-host [folder] --port N --data DIR`. Defaults: this folder, port 7071, data in <folder>/.sluice. */
export function parseArguments(args: readonly string[], cwd: string): HostArguments {
  const { values, positionals } = parse(args);
  if (positionals.length > 1)
    throw new UsageError(`There is more than one app folder: ${positionals.join(", ")}.`);
  const folder = path.resolve(cwd, positionals[0] ?? ".");
  const port = Number(values.port ?? "7071");
  if (!Number.isInteger(port) || port < 0 || port > 65_533)
    throw new UsageError("--port must be a whole number from 0 to 65533.");
  return {
    folder,
    port,
    dataDir: path.resolve(cwd, values.data ?? path.join(folder, ".sluice")),
    storage: values.storage ?? null,
    asJson: values.json ?? false,
  };
}

function parse(args: readonly string[]): ReturnType<typeof parseArgs<typeof config>> {
  try {
    return parseArgs({ ...config, args: [...args] });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const config = {
  allowPositionals: true,
  options: {
    port: { type: "string" },
    data: { type: "string" },
    storage: { type: "string" },
    json: { type: "boolean" },
  },
} as const;
