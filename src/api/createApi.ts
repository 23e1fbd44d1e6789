/**
 * The API from request to response: route, sign-in, workspace, body, handler, answer, in this order.
 *
 * 1. Nothing behind a route with a role is looked at before the token is; not even whether the workspace exists.
 * 2. What a caller causes is a 4xx with a code of the catalogue; anything else is a 5xx that tells nothing but a
 *    correlation id and is logged with its cause.
 * 3. `handle` never throws.
 */
import type { ErrorShape } from "../contract/errors";
import type { ScheduleEngine } from "../schedules/schedules";
import type { Workspace } from "../workspace/workspace";
import { refuse, type Answer } from "./answer";
import { logStorageUnavailable, logUnexpected } from "./apiEvents";
import type { ApiRequest, ApiResponse } from "./apiMessage";
import type { ApiRooms } from "./apiRooms";
import { createBearerGuard, type BearerGuard, type TokenKeySource } from "./bearerGuard";
import { createRouteMatcher, type Match } from "./matchRoute";
import { readJsonBody } from "./requestBody";
import { parseRequestPath } from "./requestPath";
import type { Call, Params, Route } from "./route";
import { routeTable } from "./routeTable";
import { isStorageUnreachable } from "./storageReach";
import { writeAnswer } from "./writeAnswer";

export interface Api {
  /** `engine` starts and wakes what the call causes; it is the durable client of the invocation. */
  handle(request: ApiRequest, engine: ScheduleEngine): Promise<ApiResponse>;
}

export function createApi(rooms: ApiRooms, loadKey?: TokenKeySource): Api {
  const { workspace } = rooms;
  const match = createRouteMatcher(routeTable);
  const guard = createBearerGuard(workspace, loadKey);
  return {
    async handle(request, engine) {
      const segments = parseRequestPath(request.path);
      const matched: Match = segments === undefined ? { kind: "none" } : match(request.method, segments);
      const correlationId = workspace.ids.newId();
      const context = { shape: errorShape(segments?.[0]), correlationId, now: workspace.clock.now() };
      if (segments === undefined) return writeAnswer(invalidPath, context);
      if (matched.kind !== "route") return writeAnswer(unmatched(matched, request), context);
      const answer = await answerRoute({ rooms, guard, request, engine, ...matched }).catch(
        (error: unknown) =>
          answerFailure(workspace, {
            method: request.method,
            pattern: matched.route.pattern,
            correlationId,
            error,
          }),
      );
      return writeAnswer(answer, context);
    },
  };
}

const invalidPath = refuse("InvalidPath", "The path cannot be read.");

/** v1's services have their own error shapes; the first segment names the service. Source: spec azureml-v1-wire.md §5. */
function errorShape(service: string | undefined): ErrorShape {
  switch (service?.toLowerCase()) {
    case "pipelines":
      return "pipelines";
    case "history":
    case "metric":
    case "artifact":
    case "datastore":
    case "content":
      return "history";
    default:
      return "arm";
  }
}

function unmatched(match: Exclude<Match, { kind: "route" }>, request: ApiRequest): Answer {
  if (match.kind === "none") return refuse("RouteNotFound", "There is no such route.");
  const allow = match.allowed.join(", ");
  const refusal = refuse("MethodNotAllowed", `${request.method.slice(0, 20)} is not a method of this route.`);
  return { ...refusal, headers: [["allow", allow]] };
}

interface Routed {
  readonly rooms: ApiRooms;
  readonly guard: BearerGuard;
  readonly request: ApiRequest;
  readonly engine: ScheduleEngine;
  readonly route: Route;
  readonly params: Params;
}

async function answerRoute(routed: Routed): Promise<Answer> {
  const { rooms, guard, request, route, params } = routed;
  if (route.role === null) return route.handle(callOf(routed, [], null));
  const admission = await guard(request.headers["authorization"]);
  if (admission.status === "refused") return admission.refusal;
  if (!admission.roles.includes(route.role)) {
    return refuse("RoleMissing", `The token does not carry the role ${route.role}.`);
  }
  if (!isOurWorkspace(params, rooms.workspace))
    return refuse("WorkspaceNotFound", "There is no such workspace here.");
  if (!areSafe(params)) return invalidPath;
  if (route.bodyLimit === 0) return route.handle(callOf(routed, admission.roles, null));
  const body = await readJsonBody(request, route.bodyLimit);
  if (body.status === "refused") return body.refusal;
  return route.handle(callOf(routed, admission.roles, body.value));
}

function callOf(
  { rooms, engine, params, request }: Routed,
  roles: Call["roles"],
  body: unknown,
): Call<unknown> {
  return {
    rooms,
    engine,
    roles,
    params,
    param(name) {
      const value = params.get(name);
      if (value === undefined) throw new Error(`The route has no parameter ${name}.`);
      return value;
    },
    query(name) {
      const found = [...request.query].find(([key]) => key.toLowerCase() === name.toLowerCase());
      return found?.[1] ?? null;
    },
    header: (name) => request.headers[name] ?? null,
    body,
  };
}

/** Ids and names become row keys and blob names, in which these characters mean something else or are not allowed. */
function areSafe(params: Params): boolean {
  return [...params].every(([name, value]) => name === "path" || /^[^/\\#?%]{1,255}$/.test(value));
}

/** A path without a workspace is nobody else's. */
function isOurWorkspace(params: Params, { config }: Workspace): boolean {
  const same = (name: string, ours: string) =>
    (params.get(name) ?? ours).toLowerCase() === ours.toLowerCase();
  return (
    same("subscriptionId", config.subscriptionId) &&
    same("resourceGroup", config.resourceGroup) &&
    same("workspaceName", config.workspaceName)
  );
}

function answerFailure(workspace: Workspace, failed: Parameters<typeof logUnexpected>[1]): Answer {
  if (isStorageUnreachable(failed.error)) {
    logStorageUnavailable(workspace.log, failed);
    const refusal = refuse("StorageUnavailable", "The storage of this workspace does not answer.");
    return { ...refusal, headers: [["retry-after", "1"]] };
  }
  logUnexpected(workspace.log, failed);
  return refuse("InternalError", `Something unexpected happened; correlation id ${failed.correlationId}.`);
}
