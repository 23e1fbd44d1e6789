/**
 * The log catalogue: every line is a named event with a stable id, so that operators can search for it.
 * Details never carry secrets or request bodies.
 */
export type LogLevel = "debug" | "info" | "warn" | "error";

export interface LogEvent {
  /** Stable number, never reused. */
  readonly id: number;
  readonly name: string;
  readonly level: LogLevel;
}

export interface Log {
  write(event: LogEvent, detail: Readonly<Record<string, string | number | boolean | null>>): void;
}

/** Writes one JSON object a line to the console, where the Functions host collects it. */
export const consoleLog: Log = {
  write(event, detail) {
    const line = JSON.stringify({ event: event.name, id: event.id, ...detail });
    if (event.level === "error") console.error(line);
    else if (event.level === "warn") console.warn(line);
    else console.log(line);
  },
};
