import { randomBytes, timingSafeEqual } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

/** The keys of this host, kept in a file that only the owner can read. */
export interface HostKeys {
  readonly masterKey: string;
  readonly functionKeys: Readonly<Record<string, string>>;
  readonly systemKeys: { readonly durabletask_extension: string; readonly eventgrid_extension: string };
  /** Keys that open one function only: by function name, then by key name. Written by hand into the file. */
  readonly functions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
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

/** The keys of one function, by name. */
export function keysOf(keys: HostKeys, functionName: string): Readonly<Record<string, string>> {
  const own = Object.entries(keys.functions ?? {}).find(
    ([name]) => name.toLowerCase() === functionName.toLowerCase(),
  );
  return own?.[1] ?? {};
}

/** What a request wants to reach: a webhook, whose system key counts, or a function, whose own keys count. */
export interface KeyScope {
  readonly extension?: keyof HostKeys["systemKeys"];
  readonly functionName?: string;
}

/** The level that a presented key grants in a scope. */
export function keyLevel(keys: HostKeys, presented: string | null, scope: KeyScope): KeyLevel {
  if (presented === null) return "anonymous";
  if (isSame(presented, keys.masterKey)) return "admin";
  const { extension, functionName } = scope;
  if (extension !== undefined && isSame(presented, keys.systemKeys[extension])) return "system";
  const own = functionName === undefined ? {} : keysOf(keys, functionName);
  const opening = [...Object.values(keys.functionKeys), ...Object.values(own)];
  return opening.some((key) => isSame(presented, key)) ? "function" : "anonymous";
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
