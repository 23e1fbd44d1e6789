/** The routes below `admin`: what the host is made of, its keys, and functions run by hand. All but three want the master key. */
import type { FunctionRunner } from "../app/functionRunner";
import type { AppFunction, FunctionTable } from "../app/functionTable";
import type { HealthProblem } from "../hostHealth";
import { timerInput } from "../triggers/timerState";
import type { TypedData } from "../worker/protocol";
import { keysOf, type HostKeys } from "./keys";
import { decodeSegment } from "./routeTemplate";

export interface AdminAnswer {
  readonly status: number;
  /** Left out for an empty body. */
  readonly body?: unknown;
}

export interface AdminRequest {
  readonly method: string;
  /** The path below `admin`, still encoded. */
  readonly path: string;
  readonly body: Buffer;
  readonly isMaster: boolean;
}

export interface AdminParts {
  readonly runner: FunctionRunner;
  readonly table: FunctionTable;
  readonly keys: HostKeys;
  readonly url: string;
}

/** Answers what needs no key and no running app: how the host stands and whether all is well. */
export function answerOpenly(
  method: string,
  path: string,
  describe: () => Readonly<Record<string, unknown>>,
  problems: () => readonly HealthProblem[],
): AdminAnswer | null {
  if (method !== "GET" && method !== "HEAD") return null;
  switch (path.toLowerCase()) {
    case "admin/host/status":
      return { status: 200, body: describe() };
    case "admin/host/ping":
      return { status: 200 };
    case "admin/host/health": {
      const found = problems();
      const isWell = found.length === 0;
      return {
        status: isWell ? 200 : 503,
        body: { status: isWell ? "healthy" : "unhealthy", problems: found },
      };
    }
    default:
      return null;
  }
}

/** Answers a request below `admin`. */
export function answerAdmin(request: AdminRequest, parts: AdminParts): AdminAnswer {
  const [area = "", name = "", ...rest] = request.path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeSegment);
  const answer = ((): AdminAnswer | null => {
    switch (area.toLowerCase()) {
      case "host":
        return request.method === "GET" ? readHostKeys(parts.keys, name.toLowerCase(), rest) : null;
      case "functions":
        return name === "" ? listFunctions(request, parts) : answerFunction(request, parts, name, rest);
      default:
        return null;
    }
  })();
  return answer !== null && !request.isMaster ? { status: 401 } : (answer ?? { status: 404 });
}

function listKeys(keys: Readonly<Record<string, string>>): AdminAnswer {
  const list = Object.entries(keys).map(([name, value]) => ({ name, value }));
  return { status: 200, body: { keys: list, links: [] } };
}

function readHostKeys(keys: HostKeys, kind: string, [name]: readonly string[]): AdminAnswer | null {
  const known: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    keys: keys.functionKeys,
    functionkeys: keys.functionKeys,
    systemkeys: { _master: keys.masterKey, ...keys.systemKeys },
  };
  const list = known[kind];
  if (list === undefined) return null;
  if (name === undefined) return listKeys(list);
  const value = list[name];
  return value === undefined ? { status: 404 } : { status: 200, body: { name, value } };
}

function listFunctions({ method }: AdminRequest, { table, url }: AdminParts): AdminAnswer | null {
  if (method !== "GET") return null;
  const disabled = table.disabled.map((name) => ({ name, isDisabled: true, language: "node" }));
  return { status: 200, body: [...table.functions.map((fn) => describeFunction(fn, url)), ...disabled] };
}

function describeFunction(fn: AppFunction, url: string): Readonly<Record<string, unknown>> {
  return {
    name: fn.name,
    isDisabled: false,
    language: "node",
    trigger: fn.kind,
    href: `${url}/admin/functions/${fn.name}`,
    invoke_url_template: fn.kind === "http" ? `${url}/${fn.template.text}` : null,
    ...(fn.kind === "http" ? { methods: fn.methods, authLevel: fn.authLevel } : {}),
  };
}

function answerFunction(
  request: AdminRequest,
  parts: AdminParts,
  name: string,
  [what, ...others]: readonly string[],
): AdminAnswer | null {
  if (others.length > 0) return null;
  const fn = parts.table.functions.find((each) => each.name.toLowerCase() === name.toLowerCase());
  const route = `${request.method} ${what?.toLowerCase() ?? ""}`;
  if (!["GET ", "GET keys", "POST "].includes(route)) return null;
  if (fn === undefined || !request.isMaster) return { status: 404 };
  if (route === "POST ") return runByHand(request, parts.runner, fn);
  return route === "GET "
    ? { status: 200, body: describeFunction(fn, parts.url) }
    : listKeys(keysOf(parts.keys, fn.name));
}

/** Starts a function in the background, with `input` of the body as its trigger's data. */
function runByHand({ body }: AdminRequest, runner: FunctionRunner, fn: AppFunction): AdminAnswer {
  const input = readInput(body);
  if (input === null)
    return { status: 400, body: { message: 'The body must be JSON such as {"input":"..."}.' } };
  const data = byHandData(fn, input);
  if (data === null)
    return {
      status: 400,
      body: { message: `'${fn.name}' is not a timer, Event Grid or activity function.` },
    };
  void runner.run(fn, { data, metadata: {}, reason: "by hand" });
  return { status: 202 };
}

function byHandData(fn: AppFunction, input: string): TypedData | null {
  switch (fn.kind) {
    case "timer":
      return { json: timerInput(fn, null, false) };
    case "eventGrid":
    case "activity":
      return { string: input };
    case "http":
    case "orchestration":
      return null;
  }
}

function readInput(body: Buffer): string | null {
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    if (typeof parsed !== "object" || parsed === null) return null;
    const { input } = parsed as { readonly input?: unknown };
    return typeof input === "string" ? input : JSON.stringify(input ?? {});
  } catch {
    return null;
  }
}
