/** Reads host.json: the settings this host honours, with their defaults. */
import { makeRetryPolicy, RetryPolicyError, type RetryPolicy } from "../triggers/retryPolicy";
import { findLogLevel, type LogFilter, type LogLevel } from "../log/logLevel";

export interface HostConfig {
  readonly routePrefix: string;
  /** Milliseconds, or null for unbounded. Default 30 minutes. */
  readonly functionTimeoutMs: number | null;
  readonly logFilter: LogFilter;
  /** Names of the functions to load, or null for all. */
  readonly functions: readonly string[] | null;
  readonly http: HttpConfig;
  /** What happens to failed timers without retry options of their own; null for nothing. */
  readonly retry: RetryPolicy | null;
  readonly durable: DurableConfig;
  readonly warnings: readonly string[];
}

export interface HttpConfig {
  /** Requests that run or wait at once before others are turned away with 429; null for no limit. */
  readonly maxOutstandingRequests: number | null;
  /** Requests that run at once; others wait. Null for no limit. */
  readonly maxConcurrentRequests: number | null;
  /** Headers of every answer of the app's functions. */
  readonly customHeaders: Readonly<Record<string, string>>;
}

export interface DurableConfig {
  readonly hubName: string;
  readonly maxConcurrentActivities: number;
  readonly maxConcurrentOrchestrators: number;
  readonly maxActions: number;
  readonly storeInputs: boolean;
  readonly defaultVersion: string | null;
  readonly replaceLivingInstances: boolean;
  readonly connectionName: string;
  /** Whether the app's client calls the host at an address of its own; without it, at the public webhooks. */
  readonly hasRpcEndpoint: boolean;
}

/** host.json says something this host cannot honour. */
export class HostConfigError extends Error {}

type Section = ReadonlyMap<string, unknown>;

const knownTopKeys = [
  "version",
  "functiontimeout",
  "functions",
  "retry",
  "logging",
  "extensions",
  "extensionbundle",
  "singleton",
  "healthmonitor",
  "aggregator",
  "watchdirectories",
  "watchfiles",
  "manageddependency",
  "concurrency",
];
const knownHttpKeys = ["routeprefix", "maxoutstandingrequests", "maxconcurrentrequests", "customheaders"];
const defaultTimeoutMs = 30 * 60 * 1000;

/**
 * Parses host.json. Keys are case-insensitive. Environment variables `AzureFunctionsJobHost__a__b` override `a.b`.
 * Throws `HostConfigError` with the key for a value of the wrong kind.
 */
export function parseHostConfig(
  json: string,
  environment: Readonly<Record<string, string | undefined>>,
  cores: number,
): HostConfig {
  const root = toSection(parseJson(json), environment, "AzureFunctionsJobHost");
  if (root.get("version") !== "2.0") throw new HostConfigError('host.json: "version" must be "2.0".');
  if (root.has("customhandler"))
    throw new HostConfigError(
      "host.json: customHandler is not supported by the local host; write the functions for Node with @azure/functions.",
    );
  const http = child(child(root, "extensions"), "http");
  const durable = child(child(root, "extensions"), "durabletask");
  return {
    routePrefix: text(http, "routeprefix", "api").replace(/^\/+|\/+$/g, ""),
    functionTimeoutMs: parseTimeout(root.get("functiontimeout")),
    logFilter: parseLogFilter(child(child(root, "logging"), "loglevel")),
    functions: parseNames(root.get("functions")),
    http: parseHttp(http),
    retry: parseRetry(root.get("retry")),
    durable: parseDurable(durable, cores),
    warnings: [
      ...[...root.keys()].filter((key) => !knownTopKeys.includes(key)),
      ...[...http.keys()]
        .filter((key) => !knownHttpKeys.includes(key))
        .map((key) => `extensions.http.${key}`),
    ].map((key) => `host.json: "${key}" is ignored by the local host.`),
  };
}

function parseHttp(section: Section): HttpConfig {
  const headers = section.get("customheaders");
  return {
    maxOutstandingRequests: limit(section, "maxoutstandingrequests"),
    maxConcurrentRequests: limit(section, "maxconcurrentrequests"),
    customHeaders:
      headers instanceof Map
        ? Object.fromEntries([...(headers as Section)].map(([name, value]) => [name, String(value)]))
        : {},
  };
}

function limit(section: Section, key: string): number | null {
  const value = section.get(key);
  if (value === undefined || value === -1 || value === "-1") return null;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1)
    throw new HostConfigError(`host.json: http.${key} must be -1 or a whole number of at least 1.`);
  return value;
}

function parseRetry(value: unknown): RetryPolicy | null {
  if (!(value instanceof Map)) return null;
  const interval = (key: string): number | undefined => {
    const span: unknown = value.get(key);
    return typeof span === "string" ? parseTimeSpan(span) : undefined;
  };
  try {
    return makeRetryPolicy({
      strategy: value.get("strategy"),
      maxRetryCount: value.get("maxretrycount"),
      delayMs: interval("delayinterval"),
      minimumMs: interval("minimuminterval"),
      maximumMs: interval("maximuminterval"),
    });
  } catch (error) {
    if (!(error instanceof RetryPolicyError)) throw error;
    throw new HostConfigError(`host.json: retry: ${error.message}.`);
  }
}

function parseDurable(section: Section, cores: number): DurableConfig {
  const hubName = text(section, "hubname", "TestHubName");
  if (!/^[A-Za-z][A-Za-z0-9]{2,44}$/.test(hubName)) {
    throw new HostConfigError(
      `host.json: durableTask.hubName "${hubName}" must be 3 to 45 letters and digits and start with a letter.`,
    );
  }
  const version = section.get("defaultversion");
  return {
    hubName,
    maxConcurrentActivities: positive(section, "maxconcurrentactivityfunctions", 10 * cores),
    maxConcurrentOrchestrators: positive(section, "maxconcurrentorchestratorfunctions", 10 * cores),
    maxActions: positive(section, "maxorchestrationactions", 100_000),
    storeInputs: section.get("storeinputsinorchestrationhistory") === true,
    defaultVersion: typeof version === "string" ? version : null,
    replaceLivingInstances: section.get("overridableexistinginstancestates") === "AnyState",
    connectionName: text(child(section, "storageprovider"), "connectionname", "Storage"),
    hasRpcEndpoint: section.get("localrpcendpointenabled") !== false,
  };
}

/** A .NET TimeSpan `[d.]hh:mm:ss` in milliseconds; undefined when the text is none. */
export function parseTimeSpan(value: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?$/.exec(value.trim());
  if (match === null) return undefined;
  const [, days = "0", hours = "0", minutes = "0", seconds = "0", fraction = "0"] = match;
  const whole = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return Math.round((whole + Number(`0.${fraction}`)) * 1000);
}

function parseTimeout(value: unknown): number | null {
  if (value === undefined) return defaultTimeoutMs;
  if (value === "-1" || value === -1 || (typeof value === "string" && value.startsWith("-"))) return null;
  const parsed = typeof value === "string" ? parseTimeSpan(value) : undefined;
  if (parsed === undefined || parsed === 0)
    throw new HostConfigError('host.json: "functionTimeout" must be a time such as "00:10:00" or -1.');
  return Math.min(parsed, 2 ** 31 - 1);
}

function parseLogFilter(section: Section): LogFilter {
  const filter = new Map<string, LogLevel>();
  for (const [category, value] of section) {
    const level = typeof value === "string" ? findLogLevel(value) : undefined;
    if (level === undefined)
      throw new HostConfigError(`host.json: logging.logLevel.${category} is not a log level.`);
    filter.set(category, level);
  }
  return filter;
}

function parseNames(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.map(String) : null;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new HostConfigError(
      `host.json is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function toSection(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  prefix: string,
): Section {
  const root = lower(value) as Map<string, unknown>;
  for (const [name, setting] of Object.entries(environment)) {
    const path = name.split(/__|:/);
    if (path[0] !== prefix || path.length < 2 || setting === undefined) continue;
    override(root, path.slice(1), setting);
  }
  return root;
}

function override(root: Map<string, unknown>, path: readonly string[], setting: string): void {
  const [first = "", ...rest] = path.map((part) => part.toLowerCase());
  if (rest.length === 0) root.set(first, scalar(setting));
  else {
    const inner =
      root.get(first) instanceof Map ? (root.get(first) as Map<string, unknown>) : new Map<string, unknown>();
    root.set(first, inner);
    override(inner, rest, setting);
  }
}

function scalar(setting: string): unknown {
  if (/^(true|false)$/i.test(setting)) return setting.toLowerCase() === "true";
  return /^\d+$/.test(setting) ? Number(setting) : setting;
}

function lower(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return new Map(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), lower(inner)]));
}

function child(section: Section, key: string): Section {
  const value = section.get(key);
  return value instanceof Map ? (value as Section) : new Map();
}

function text(section: Section, key: string, fallback: string): string {
  const value = section.get(key);
  return typeof value === "string" ? value : fallback;
}

function positive(section: Section, key: string, fallback: number): number {
  const value = section.get(key);
  if (value === undefined) return fallback;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) {
    throw new HostConfigError(`host.json: durableTask.${key} must be a whole number of at least 1.`);
  }
  return value;
}
