/** Says the events of the catalogue: to people a line of text, to machines a line of JSON. */
import {
  fillTemplate,
  hostEvents,
  type EventFields,
  type HostEventName,
  type LogEvent,
} from "./eventCatalogue";
import { findLogLevel, isHeard, type LogFilter, type LogLevel } from "./logLevel";

export interface LogEntry {
  readonly at: string;
  readonly level: LogLevel;
  /** Id and name of the event in the catalogue. */
  readonly id: number;
  readonly event: string;
  readonly category: string;
  readonly message: string;
  readonly detail: Detail;
}

export type LogSink = (entry: LogEntry) => void;

type Detail = Readonly<Record<string, unknown>>;

const storageLevels = { info: "information", warn: "warning", error: "error" } as const;

export class HostLog {
  readonly #sink: LogSink;
  #filter: LogFilter;
  #secrets: readonly string[] = [];

  constructor(sink: LogSink, filter: LogFilter = new Map()) {
    this.#sink = sink;
    this.#filter = filter;
  }

  setFilter(filter: LogFilter): void {
    this.#filter = filter;
  }

  /** Texts that no entry shows, whoever says them: they are replaced by three asterisks. */
  hide(secrets: readonly string[]): void {
    this.#secrets = secrets.filter((secret) => secret !== "");
  }

  hostReady(url: string, functions: number): void {
    this.#say("hostReady", { url, functions });
  }

  hostStopping(reason: string): void {
    this.#say("hostStopping", { reason });
  }

  hostWarning(problem: string): void {
    this.#say("hostWarning", { problem });
  }

  hostRefused(problem: string): void {
    this.#say("hostRefused", { problem });
  }

  functionLoaded(name: string, trigger: string, route: string): void {
    this.#say("functionLoaded", { name, trigger, route });
  }

  functionDisabled(name: string): void {
    this.#say("functionDisabled", { name });
  }

  workerLost(reason: string, pauseMs: number): void {
    this.#say("workerLost", { reason, pauseMs });
  }

  workerFailed(problem: string): void {
    this.#say("workerFailed", { problem });
  }

  workerRunning(processId: number): void {
    this.#say("workerRunning", { processId });
  }

  functionTimedOut(name: string, timeoutMs: number): void {
    this.#say("functionTimedOut", { name, timeoutMs });
  }

  executing(name: string, reason: string): void {
    this.#say("executing", { name, reason });
  }

  /** `problem` is null when the function succeeded. */
  executed(name: string, succeeded: boolean, duration: number, problem: string | null): void {
    const durationMs = Math.round(duration);
    if (succeeded) this.#say("executed", { name, durationMs });
    else this.#say("executionFailed", { name, durationMs, problem: problem ?? "unknown" });
  }

  requestFailed(method: string, path: string, problem: string): void {
    this.#say("requestFailed", { method, path, problem });
  }

  turnLost(instanceId: string): void {
    this.#say("turnLost", { instanceId });
  }

  turnDelayed(instanceId: string, problem: string, pauseMs: number): void {
    this.#say("turnDelayed", { instanceId, problem, pauseMs });
  }

  instanceEnded(instanceId: string, name: string, status: string): void {
    if (status === "Failed") this.#say("instanceFailed", { instanceId, name });
    else this.#say("instanceEnded", { instanceId, name, status });
  }

  durableWarning(instanceId: string, problem: string): void {
    this.#say("durableWarning", { instanceId, problem });
  }

  /** `attempt` is the number of the run that follows. */
  activityRedelivered(name: string, instanceId: string, attempt: number, reason: string): void {
    this.#say("activityRedelivered", { name, instanceId, attempt, reason });
  }

  activityResumed(name: string, instanceId: string, attempt: number): void {
    this.#say("activityResumed", { name, instanceId, attempt });
  }

  activityGivenUp(name: string, instanceId: string, attempts: number, reason: string): void {
    this.#say("activityGivenUp", { name, instanceId, attempts, reason });
  }

  storeFailed(what: string, problem: string): void {
    this.#say("storeFailed", { what, problem });
  }

  timerFired(name: string, isPastDue: boolean): void {
    this.#say(isPastDue ? "timerPastDue" : "timerFired", { name });
  }

  /** `attempt` is the number of the run that failed. */
  functionRetried(name: string, attempt: number, pauseMs: number, problem: string): void {
    this.#say("functionRetried", { name, attempt, pauseMs, problem });
  }

  eventsSubscribed(name: string): void {
    this.#say("eventsSubscribed", { name });
  }

  eventsNotSubscribed(name: string, problem: string): void {
    this.#say("eventsNotSubscribed", { name, problem });
  }

  /** An event of the local storage, by its name in the catalogue; another name is said as `storage-event`. */
  storage(level: "info" | "warn" | "error", name: string, detail: Detail): void {
    const known: readonly LogEvent[] = Object.values(hostEvents);
    const event = known.find((each) => each.name === name) ?? { ...hostEvents.storageEvent, name };
    this.#write({ ...event, level: storageLevels[level] }, { detail, ...detail }, detail);
  }

  /** What the app logged through its context or its library. */
  app(level: string, functionName: string | null, category: string, text: string): void {
    const scope = functionName === null ? "Worker" : `Function.${functionName}`;
    const name = category === "user" && functionName !== null ? `${scope}.User` : scope;
    const event = { ...hostEvents.appLog, level: findLogLevel(level) ?? "information" };
    this.#write(event, { scope: name, text }, {});
  }

  /** What the app wrote to its standard streams. */
  appOutput(text: string): void {
    for (const line of text.split(/\r?\n/)) {
      if (line.trim() !== "") this.#write(hostEvents.appOutput, { text: line }, {});
    }
  }

  #say<Name extends HostEventName>(name: Name, fields: EventFields<Name>): void {
    this.#write(hostEvents[name], fields, fields);
  }

  #write(event: LogEvent, fields: Detail, detail: Detail): void {
    const category = fillTemplate(event.category, fields);
    if (!isHeard(this.#filter, category, event.level)) return;
    this.#sink({
      at: new Date().toISOString(),
      level: event.level,
      id: event.id,
      event: event.name,
      category,
      message: this.#conceal(fillTemplate(event.message, fields)),
      detail: this.#concealAll(detail),
    });
  }

  #concealAll(detail: Detail): Detail {
    return Object.fromEntries(
      Object.entries(detail).map(([key, value]) => [
        key,
        typeof value === "string" ? this.#conceal(value) : value,
      ]),
    );
  }

  #conceal(text: string): string {
    return this.#secrets.reduce((shown, secret) => shown.split(secret).join("***"), text);
  }
}

/** Writes entries to a stream: JSON lines for machines, or one readable line each. */
export function streamSink(stream: NodeJS.WritableStream, asJson: boolean): LogSink {
  return (entry) => {
    const text = `${entry.at} ${entry.level.slice(0, 4).padEnd(4)} ${entry.category}: ${entry.message}`;
    stream.write(`${asJson ? JSON.stringify(entry) : text}\n`);
  };
}
