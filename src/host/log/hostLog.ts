/**
 * The catalogue of what the host says. Every event has a stable id and name; details carry names, ids and counts, never
 * keys, inputs, outputs or bodies.
 */
import { findLogLevel, isHeard, type LogFilter, type LogLevel } from "./logLevel";

export interface LogEntry {
  readonly at: string;
  readonly level: LogLevel;
  readonly id: number;
  readonly event: string;
  readonly category: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export type LogSink = (entry: LogEntry) => void;

type Detail = Readonly<Record<string, unknown>>;

/** The events of the host, by what they are about. */
export class HostLog {
  readonly #sink: LogSink;
  #filter: LogFilter;

  constructor(sink: LogSink, filter: LogFilter = new Map()) {
    this.#sink = sink;
    this.#filter = filter;
  }

  setFilter(filter: LogFilter): void {
    this.#filter = filter;
  }

  hostReady(url: string, functions: number): void {
    this.#say("information", 100, "host-ready", "Host", `Ready on ${url} with ${functions} functions.`, {
      url,
      functions,
    });
  }

  hostStopping(reason: string): void {
    this.#say("information", 101, "host-stopping", "Host", `Stopping: ${reason}.`, { reason });
  }

  hostWarning(message: string): void {
    this.#say("warning", 102, "host-warning", "Host", message, {});
  }

  functionLoaded(name: string, trigger: string, detail: string): void {
    this.#say("information", 110, "function-loaded", "Host", `Functions: ${name}: ${trigger} ${detail}`, {
      name,
      trigger,
    });
  }

  workerLost(reason: string, pauseMs: number): void {
    this.#say(
      "error",
      120,
      "worker-lost",
      "Host",
      `The app's process ended (${reason}); a new one starts in ${pauseMs} ms.`,
      { reason, pauseMs },
    );
  }

  workerFailed(reason: string): void {
    this.#say("error", 121, "worker-failed", "Host", `The app's process could not be reached: ${reason}`, {
      reason,
    });
  }

  functionTimedOut(name: string, timeoutMs: number): void {
    this.#say(
      "error",
      122,
      "function-timed-out",
      "Host",
      `Function '${name}' took more than ${timeoutMs} ms; its process is replaced.`,
      { name, timeoutMs },
    );
  }

  executing(name: string, reason: string): void {
    this.#say(
      "debug",
      130,
      "function-executing",
      `Function.${name}`,
      `Executing 'Functions.${name}' (Reason=${reason})`,
      { name, reason },
    );
  }

  executed(name: string, succeeded: boolean, durationMs: number, problem: string | null): void {
    const level = succeeded ? "debug" : "error";
    const outcome = succeeded ? "Succeeded" : "Failed";
    const tail = problem === null ? "" : `: ${problem}`;
    const message = `Executed 'Functions.${name}' (${outcome}, Duration=${Math.round(durationMs)}ms)${tail}`;
    this.#say(level, 131, "function-executed", `Function.${name}`, message, { name, succeeded });
  }

  requestFailed(method: string, path: string, problem: string): void {
    this.#say("error", 140, "request-failed", "Host", `${method} ${path} failed: ${problem}`, {
      method,
      path,
    });
  }

  turnLost(instanceId: string): void {
    this.#say(
      "debug",
      200,
      "turn-lost",
      "DurableTask",
      `A turn of '${instanceId}' lost its commit and runs again.`,
      { instanceId },
    );
  }

  turnDelayed(instanceId: string, problem: string, pauseMs: number): void {
    const message = `A turn of '${instanceId}' did not finish (${problem}); again in ${pauseMs} ms.`;
    this.#say("warning", 201, "turn-delayed", "DurableTask", message, { instanceId, pauseMs });
  }

  instanceEnded(instanceId: string, name: string, status: string): void {
    const level = status === "Failed" ? "warning" : "information";
    this.#say(level, 202, "instance-ended", "DurableTask", `'${instanceId}' (${name}) is ${status}.`, {
      instanceId,
      name,
      status,
    });
  }

  durableWarning(instanceId: string, message: string): void {
    this.#say("warning", 203, "durable-warning", "DurableTask", `'${instanceId}': ${message}`, {
      instanceId,
    });
  }

  /** `attempt` is the number of the run that follows. */
  activityRedelivered(name: string, instanceId: string, attempt: number, reason: string): void {
    const message = `Activity '${name}' of '${instanceId}' runs again (attempt ${attempt}): its worker was lost (${reason}).`;
    this.#say("warning", 210, "activity-redelivered", "DurableTask", message, { name, instanceId, attempt });
  }

  activityGivenUp(name: string, instanceId: string, attempts: number, reason: string): void {
    const message = `Activity '${name}' of '${instanceId}' fails: its worker was lost in each of ${attempts} runs (${reason}).`;
    this.#say("error", 211, "activity-given-up", "DurableTask", message, { name, instanceId, attempts });
  }

  storeFailed(what: string, problem: string): void {
    this.#say("error", 220, "store-failed", "DurableTask", `${what} could not be stored: ${problem}`, {
      what,
    });
  }

  timerFired(name: string, isPastDue: boolean): void {
    this.#say(
      "debug",
      300,
      "timer-fired",
      `Function.${name}`,
      `Timer of '${name}' fired${isPastDue ? " (past due)" : ""}.`,
      { name, isPastDue },
    );
  }

  eventsSubscribed(name: string): void {
    this.#say("information", 310, "events-subscribed", "Host", `Blob events reach '${name}'.`, { name });
  }

  eventsNotSubscribed(name: string, problem: string): void {
    this.#say(
      "error",
      311,
      "events-not-subscribed",
      "Host",
      `Blob events do not reach '${name}': ${problem}`,
      { name },
    );
  }

  storage(level: "info" | "warn" | "error", event: string, detail: Detail): void {
    const known = { info: "information", warn: "warning", error: "error" } as const;
    this.#say(known[level], 400, event, "Storage", `${event} ${JSON.stringify(detail)}`, detail);
  }

  /** What the app logged through its context or its library. */
  app(level: string, functionName: string | null, category: string, message: string): void {
    const scope = functionName === null ? "Worker" : `Function.${functionName}`;
    const name = category === "user" && functionName !== null ? `${scope}.User` : scope;
    this.#say(findLogLevel(level) ?? "information", 500, "app-log", name, message, {});
  }

  /** What the app wrote to its standard streams. */
  appOutput(text: string): void {
    for (const line of text.split(/\r?\n/)) {
      if (line.trim() !== "") this.#say("information", 501, "app-output", "Console", line, {});
    }
  }

  #say(level: LogLevel, id: number, event: string, category: string, message: string, detail: Detail): void {
    if (!isHeard(this.#filter, category, level)) return;
    this.#sink({ at: new Date().toISOString(), level, id, event, category, message, detail });
  }
}

/** Writes entries to a stream: JSON lines for machines, or one readable line each. */
export function streamSink(stream: NodeJS.WritableStream, asJson: boolean): LogSink {
  return (entry) => {
    const text = `${entry.at} ${entry.level.slice(0, 4).padEnd(4)} ${entry.category}: ${entry.message}`;
    stream.write(`${asJson ? JSON.stringify(entry) : text}\n`);
  };
}
