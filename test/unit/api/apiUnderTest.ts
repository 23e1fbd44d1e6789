/** The whole API in memory: real routes, sign-in and handlers over rooms that a test fills as far as it needs. */
import type { ApiResponse } from "../../../src/api/apiMessage";
import type { ApiRooms } from "../../../src/api/apiRooms";
import { createApi } from "../../../src/api/createApi";
import {
  signLocalToken,
  roles as allRoles,
  localAudience,
  type Role,
} from "../../../src/contract/localToken";
import { localWorkspace, routesOf } from "../../../src/contract/routes";
import type { ScheduleEngine } from "../../../src/schedules/schedules";
import type { Log } from "../../../src/workspace/log";
import type { Workspace } from "../../../src/workspace/workspace";
import { parseRunsConfig } from "../../../src/workspace/runsConfig";

export const now = new Date("2026-11-21T08:00:00.000Z");
export const key = new Uint8Array(32).fill(7);
export const routes = routesOf(localWorkspace);
export const ws =
  "subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local" +
  "/providers/Microsoft.MachineLearningServices/workspaces/sluice";

/** Rooms of which a test gives the methods that it expects to be called; any other call fails. */
export type RoomParts = { readonly [K in keyof Omit<ApiRooms, "workspace">]?: Partial<ApiRooms[K]> };

export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** Bytes to send instead of a JSON `body`, in chunks. */
  readonly chunks?: readonly Uint8Array[];
  readonly headers?: Readonly<Record<string, string>>;
  /** null = without a token. */
  readonly roles?: readonly Role[] | null;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: unknown;
}

export interface ApiUnderTest {
  send(request: Sent): Promise<Answered>;
  /** Names and details of the log lines. */
  readonly logged: Record<string, unknown>[];
}

export const noEngine: ScheduleEngine = {
  startRun: () => Promise.resolve(),
  startStep: () => Promise.resolve(),
  startTick: () => Promise.resolve(),
  wake: () => Promise.resolve(),
  isUnderWay: () => Promise.resolve(false),
};

export function apiUnderTest(parts: RoomParts = {}, config: Partial<Workspace["config"]> = {}): ApiUnderTest {
  const logged: Record<string, unknown>[] = [];
  const log: Log = { write: (event, detail) => logged.push({ name: event.name, ...detail }) };
  const api = createApi(roomsOf(parts, config, log), () => Promise.resolve(key));
  return {
    logged,
    async send({ method = "GET", path, body, chunks, headers = {}, roles = allRoles }) {
      const url = new URL(path, "http://localhost");
      const bytes = chunks ?? (body === undefined ? [] : [Buffer.from(JSON.stringify(body))]);
      const signed = roles === null ? {} : { authorization: `Bearer ${await token(roles)}` };
      return readable(
        await api.handle(
          {
            method,
            path: path.split("?")[0] ?? "",
            query: url.searchParams,
            headers: { ...signed, ...headers },
            body: bytes.length === 0 ? null : stream(bytes),
          },
          noEngine,
        ),
      );
    },
  };
}

export function token(roles: readonly Role[], issuedAt = now, signedWith = key): Promise<string> {
  return signLocalToken(
    signedWith,
    { subject: "tester", roles },
    { audience: localAudience, issuedAt, lifetimeMs: 60_000 },
  );
}

function roomsOf(parts: RoomParts, config: Partial<Workspace["config"]>, log: Log): ApiRooms {
  const workspace: Partial<Workspace> = {
    config: {
      ...localWorkspace,
      storageConnection: "none",
      selfUrl: "http://localhost:7071",
      runs: parseRunsConfig({}, []),
      local: { dataDir: "/nowhere", python: "python3", stepsAtOnce: 2, diskLimitBytes: 1e9 },
      journalDays: 90,
      ...config,
    },
    clock: { now: () => now },
    ids: { newId: () => "00000000-0000-4000-8000-00000000000a" },
    log,
  };
  const names = [
    "datastores",
    "datasets",
    "snapshots",
    "modules",
    "dataSources",
    "pipelines",
    "endpoints",
    "runs",
    "schedules",
    "computeTargets",
  ] as const;
  const rooms = names.map((name) => [name, only(name, parts[name] ?? {})] as const);
  return { ...Object.fromEntries(rooms), workspace: only("workspace", workspace) } as unknown as ApiRooms;
}

function only(name: string, parts: object): object {
  return new Proxy(parts, {
    get(target, property) {
      if (property in target) return (target as Record<PropertyKey, unknown>)[property];
      throw new Error(`The test gives no ${name}.${String(property)}.`);
    },
  });
}

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

function readable({ status, headers, body }: ApiResponse): Answered {
  const isJson = body.startsWith("{") || body.startsWith("[") || body.startsWith('"');
  return {
    status,
    headers: Object.fromEntries(headers),
    text: body,
    body: isJson ? (JSON.parse(body) as unknown) : undefined,
  };
}

/** Code of an error in any of v1's shapes. */
export function codeOf({ body }: Answered): string | undefined {
  const shapes = body as { error?: { code?: string }; Error?: { Code?: string } } | undefined;
  return shapes?.error?.code ?? shapes?.Error?.Code;
}
