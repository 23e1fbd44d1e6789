import { randomBytes, timingSafeEqual } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

/** The keys of this host, kept in a file that only the owner can read. */
export interface HostKeys {
  readonly masterKey: string;
  readonly functionKeys: Readonly<Record<string, string>>;
  readonly systemKeys: { readonly durabletask_extension: string; readonly eventgrid_extension: string };
  readonly storage: { readonly account: string; readonly key: string };
}

/** What a key opens, least first. */
export type KeyLevel = "anonymous" | "function" | "system" | "admin";

/** Reads DIR/host/keys.json, or makes it with fresh random keys. Throws when the file is there and unreadable. */
export function openKeys(file: string): HostKeys {
  const existing = readIfPresent(file);
  if (existing !== null) return JSON.parse(existing) as HostKeys;
  const keys: HostKeys = {
    masterKey: freshKey(),
    functionKeys: { default: freshKey() },
    systemKeys: { durabletask_extension: freshKey(), eventgrid_extension: freshKey() },
    storage: { account: "sluice", key: randomBytes(64).toString("base64") },
  };
  mkdirSync(path.dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600, flush: true });
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
  return keys;
}

function readIfPresent(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function freshKey(): string {
  return randomBytes(32).toString("base64url");
}

/** The level a presented key grants; `extension` names the webhook whose system key counts. */
export function keyLevel(
  keys: HostKeys,
  presented: string | null,
  extension: keyof HostKeys["systemKeys"] | null,
): KeyLevel {
  if (presented === null) return "anonymous";
  if (isSame(presented, keys.masterKey)) return "admin";
  if (extension !== null && isSame(presented, keys.systemKeys[extension])) return "system";
  return Object.values(keys.functionKeys).some((key) => isSame(presented, key)) ? "function" : "anonymous";
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
