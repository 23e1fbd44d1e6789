/**
 * Sorts the functions an app registered by their trigger and refuses what this host does not emulate. Pure.
 *
 * 1. Functions are ordered by name, ignoring case: this order decides between overlapping routes.
 * 2. Nothing is ignored silently: a trigger or binding that is not emulated is a problem naming function, binding and
 *    what to use instead. A disabled function is left out whatever it asks for.
 */
import { parseRouteTemplate, RouteTemplateError, type RouteTemplate } from "../http/routeTemplate";
import { NcrontabError, parseSchedule, type TimerRule } from "../triggers/ncrontab";
import { readRetryOptions, RetryPolicyError, type RetryPolicy } from "../triggers/retryPolicy";
import { findTimeZone, TimeZoneError, utc, type TimeZone } from "../triggers/timeZone";
import type { Binding, FunctionMetadata } from "../worker/protocol";
import { AppSettingsError, isDisabled, resolveSettings } from "./appSettings";
import { refuseBinding, refuseTrigger } from "./replacements";
import { findRouteOverlaps } from "./routeOverlaps";

export type AuthLevel = "anonymous" | "function" | "admin";

interface Loaded {
  readonly name: string;
  readonly triggerName: string;
  /** Names of the durable client inputs. */
  readonly clientInputs: readonly string[];
}

export interface HttpFunction extends Loaded {
  readonly kind: "http";
  readonly template: RouteTemplate;
  readonly methods: readonly string[] | null;
  readonly authLevel: AuthLevel;
}

export interface TimerFunction extends Loaded {
  readonly kind: "timer";
  readonly rule: TimerRule;
  readonly useMonitor: boolean;
  readonly runOnStartup: boolean;
  readonly retry: RetryPolicy | null;
}

export interface PlainFunction extends Loaded {
  readonly kind: "eventGrid" | "orchestration" | "activity";
}

export type AppFunction = HttpFunction | TimerFunction | PlainFunction;

export interface FunctionTable {
  readonly functions: readonly AppFunction[];
  readonly disabled: readonly string[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export interface TableInput {
  readonly registered: readonly FunctionMetadata[];
  readonly routePrefix: string;
  readonly only: readonly string[] | null;
  /** What host.json says of failed timers without retry options of their own. */
  readonly defaultRetry: RetryPolicy | null;
  readonly settings: Readonly<Record<string, string | undefined>>;
}

class Refused extends Error {}

/** Builds the table; every problem is reported, not only the first. */
export function buildFunctionTable(input: TableInput): FunctionTable {
  const functions: AppFunction[] = [];
  const disabled: string[] = [];
  const problems: string[] = [];
  const warnings: string[] = [];
  const names = new Set<string>();
  for (const metadata of [...input.registered].sort((a, b) => compareNames(a.name, b.name))) {
    if (isDisabled(metadata.name, input.settings)) disabled.push(metadata.name);
    else if (input.only === null || input.only.some((name) => compareNames(name, metadata.name) === 0)) {
      const refusals = refuseOthers(metadata);
      try {
        if (names.has(metadata.name.toLowerCase()))
          throw new Refused("another function has the same name but for case");
        names.add(metadata.name.toLowerCase());
        const fn = toFunction(metadata, input);
        functions.push(fn);
        if (metadata.retryOptions !== null && fn.kind !== "timer")
          warnings.push(
            `Function '${fn.name}': its retry options have no effect, as in Azure: of the supported triggers only timers have them. Use callActivityWithRetry in an orchestrator.`,
          );
      } catch (error) {
        refusals.unshift(explain(error));
      }
      problems.push(...refusals.map((refusal) => `Function '${metadata.name}': ${refusal}.`));
    }
  }
  return { functions, disabled, problems, warnings: [...warnings, ...findRouteOverlaps(functions)] };
}

function compareNames(a: string, b: string): number {
  const [left, right] = [a.toUpperCase(), b.toUpperCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

function explain(error: unknown): string {
  const isExpected =
    error instanceof Refused ||
    error instanceof AppSettingsError ||
    error instanceof RouteTemplateError ||
    error instanceof RetryPolicyError ||
    error instanceof NcrontabError;
  if (!isExpected) throw error;
  return error.message.replace(/\.$/, "");
}

function toFunction(metadata: FunctionMetadata, input: TableInput): AppFunction {
  if (!/^[a-z][a-z0-9_-]{0,127}$/i.test(metadata.name) || metadata.name.toLowerCase() === "host") {
    throw new Refused(
      "the name must be a letter followed by letters, digits, _ or -, at most 128 in all, and not 'host'",
    );
  }
  const triggers = Object.entries(metadata.bindings).filter(([, binding]) => isTrigger(binding));
  const [first] = triggers;
  if (first === undefined || triggers.length > 1)
    throw new Refused(`it has ${triggers.length} triggers; exactly one is needed`);
  const [triggerName, trigger] = first;
  const type = typeOf(trigger).toLowerCase();
  const resolved = resolveBinding(trigger, input.settings);
  const loaded = { name: metadata.name, triggerName, clientInputs: findClients(metadata, type) };
  switch (type) {
    case "httptrigger":
      return { ...loaded, kind: "http", ...readHttp(metadata.name, resolved, input.routePrefix) };
    case "timertrigger":
      return { ...loaded, kind: "timer", ...readTimer(resolved, metadata.retryOptions, input) };
    case "eventgridtrigger":
      return { ...loaded, kind: "eventGrid" };
    case "orchestrationtrigger":
      return { ...loaded, kind: "orchestration" };
    case "activitytrigger":
      return { ...loaded, kind: "activity" };
    default:
      throw new Refused(refuseTrigger(typeOf(trigger)));
  }
}

function isTrigger(binding: Binding): boolean {
  return typeOf(binding).toLowerCase().endsWith("trigger");
}

function typeOf(binding: Binding): string {
  return typeof binding["type"] === "string" ? binding["type"] : "";
}

function findClients({ bindings }: FunctionMetadata, triggerType: string): string[] {
  return Object.entries(bindings).flatMap(([name, binding]) =>
    roleOf(name, binding, triggerType) === "client" ? [name] : [],
  );
}

/** What a binding is for the function; null when it is not emulated. */
function roleOf(name: string, binding: Binding, triggerType: string): "trigger" | "client" | "answer" | null {
  const type = typeOf(binding).toLowerCase();
  if (isTrigger(binding)) return "trigger";
  if (type === "durableclient" || type === "orchestrationclient") return "client";
  return type === "http" && name === "$return" && triggerType === "httptrigger" ? "answer" : null;
}

/** The bindings beside the trigger that are not emulated, one part of a sentence each. */
function refuseOthers({ bindings }: FunctionMetadata): string[] {
  const trigger = Object.values(bindings).find(isTrigger);
  const type = trigger === undefined ? "" : typeOf(trigger).toLowerCase();
  return Object.entries(bindings)
    .filter(([name, binding]) => roleOf(name, binding, type) === null)
    .map(([, binding]) =>
      refuseBinding(typeOf(binding), binding["direction"] === "out" ? "output" : "input"),
    );
}

function resolveBinding(binding: Binding, settings: TableInput["settings"]): Binding {
  return Object.fromEntries(
    Object.entries(binding).map(([key, value]) => [
      key,
      typeof value === "string" ? resolveSettings(value, settings) : value,
    ]),
  );
}

function readHttp(
  name: string,
  binding: Binding,
  prefix: string,
): Pick<HttpFunction, "template" | "methods" | "authLevel"> {
  const route = typeof binding["route"] === "string" ? binding["route"] : name;
  const methods = binding["methods"];
  return {
    template: parseRouteTemplate([prefix, route.replace(/^\/+/, "")].filter((part) => part !== "").join("/")),
    methods:
      Array.isArray(methods) && methods.length > 0
        ? methods.map((method) => String(method).toUpperCase())
        : null,
    authLevel: readAuthLevel(binding["authLevel"]),
  };
}

function readAuthLevel(value: unknown): AuthLevel {
  const level = typeof value === "string" ? value.toLowerCase() : "function";
  if (level === "anonymous" || level === "function" || level === "admin") return level;
  throw new Refused(`the authLevel '${level}' is not one of anonymous, function and admin`);
}

function readTimer(
  binding: Binding,
  retryOptions: FunctionMetadata["retryOptions"],
  { settings, defaultRetry }: TableInput,
): Pick<TimerFunction, "rule" | "useMonitor" | "runOnStartup" | "retry"> {
  const schedule = typeof binding["schedule"] === "string" ? binding["schedule"] : "";
  const rule = parseSchedule(schedule, timerZone(settings));
  rule.next(0);
  return {
    rule,
    useMonitor: binding["useMonitor"] !== false && !rule.isSubMinute,
    runOnStartup: binding["runOnStartup"] === true,
    retry: retryOptions === null ? defaultRetry : readRetryOptions(retryOptions),
  };
}

/** `WEBSITE_TIME_ZONE`, else `TZ` when it names a zone, else UTC. */
function timerZone(settings: TableInput["settings"]): TimeZone {
  const wanted = settings["WEBSITE_TIME_ZONE"];
  try {
    return findTimeZone(wanted === undefined || wanted === "" ? (settings["TZ"] ?? "UTC") : wanted);
  } catch (error) {
    if (!(error instanceof TimeZoneError)) throw error;
    if (wanted === undefined || wanted === "") return utc;
    throw new Refused(`WEBSITE_TIME_ZONE: ${error.message}`);
  }
}
