/** What is wrong with the host, part by part, and how it stands. */
import type { AppWorker } from "./app/appWorker";
import type { FunctionTable } from "./app/functionTable";
import type { HubDatabase } from "./durable/hubDatabase";
import type { BlobEvents } from "./blobEvents";
import type { LocalStorage } from "./storage/openStorage";

/** One thing that does not work; `problem` is a sentence for the person who runs the host. */
export interface HealthProblem {
  readonly part: "host" | "app" | "engine" | "storage" | "events";
  readonly problem: string;
}

export interface HostParts {
  readonly worker: AppWorker;
  readonly table: FunctionTable;
  readonly hub: HubDatabase;
  readonly storage: LocalStorage | null;
  readonly events: BlobEvents;
}

/** A running app that answers nothing for this long is reported: a function keeps its only thread. */
const silenceMs = 10_000;

/** Everything that is wrong now; empty when all is well. */
export function findProblems({ worker, hub, storage, events }: HostParts): readonly HealthProblem[] {
  const silent = Math.round(worker.silentMs / 1000);
  const found: Record<HealthProblem["part"], readonly (string | null)[]> = {
    host: [],
    app: [
      worker.problem,
      worker.silentMs < silenceMs
        ? null
        : `The app's process has answered nothing for ${silent} s: a function keeps its thread busy.`,
    ],
    engine: [hub.problem],
    storage: storage?.health() ?? [],
    events: events.problems(),
  };
  return Object.entries(found).flatMap(([part, problems]) =>
    problems.flatMap((problem) =>
      problem === null ? [] : [{ part: part as HealthProblem["part"], problem }],
    ),
  );
}

/** The body of `GET /admin/host/status`. */
export function describeHost(parts: HostParts): Readonly<Record<string, unknown>> {
  const { worker, table } = parts;
  return {
    state: worker.isRunning ? "Running" : "Error",
    processId: process.pid,
    processUptime: Math.round(process.uptime() * 1000),
    problems: findProblems(parts).map(({ problem }) => problem),
    worker: { isRunning: worker.isRunning, processId: worker.pid, restarts: worker.restarts },
    functions: table.functions.map(({ name, kind }) => ({ name, trigger: kind })),
    disabled: table.disabled,
  };
}
