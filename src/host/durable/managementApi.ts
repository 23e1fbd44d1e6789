/**
 * The durable management API: one handler for the client library's calls and for the public webhooks. It checks what
 * comes in and answers in the extension's words; the work is the task hub's.
 */
import type { DurableAddresses } from "./clientBinding";
import { managementUrls } from "./clientBinding";
import { StoreFailed } from "./commitQueue";
import { checkInstanceId } from "./instanceId";
import { isTerminal, runtimeStatuses, type Instance, type RuntimeStatus } from "./instance";
import type { InstanceFilter } from "./instanceIndex";
import type { StatusOptions } from "./instanceStatus";
import type { TaskHub } from "./taskHub";

export interface ApiRequest {
  readonly method: string;
  /** Path below the API's base, without a leading slash, still percent-encoded. */
  readonly path: string;
  readonly url: URL;
  readonly contentType: string;
  readonly continuation: string;
  readonly body: Buffer;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const notFound: ApiResponse = { status: 404 };

class BadRequest extends Error {}

/** Answers one request. Never throws for what a caller can cause. */
export async function answerManagement(
  hub: TaskHub,
  addresses: DurableAddresses,
  request: ApiRequest,
): Promise<ApiResponse> {
  try {
    return await route(hub, addresses, request);
  } catch (error) {
    if (error instanceof BadRequest) return { status: 400, body: { Message: error.message } };
    if (error instanceof StoreFailed)
      return { status: 503, headers: { "retry-after": "5" }, body: { Message: error.message } };
    throw error;
  }
}

async function route(hub: TaskHub, addresses: DurableAddresses, request: ApiRequest): Promise<ApiResponse> {
  const [noun = "", first, second, third, ...more] = request.path.split("/").map(decode);
  if (more.length > 0) return notFound;
  const query = readQuery(request.url);
  checkHub(query, addresses);
  const { method } = request;
  switch (noun.toLowerCase()) {
    case "orchestrators":
      if (method !== "POST" || first === undefined || third !== undefined) return notFound;
      return start(hub, addresses, request, query, first, second);
    case "instances":
      if (first === undefined || first === "") return instances(hub, request, query);
      if (second === undefined) return oneInstance(hub, request, query, first);
      return method === "POST" ? act(hub, request, query, first, second.toLowerCase(), third) : notFound;
    case "entities":
      return {
        status: 501,
        body: { Message: "The local host does not emulate durable entities; keep the state in a table." },
      };
    default:
      return notFound;
  }
}

async function start(
  hub: TaskHub,
  addresses: DurableAddresses,
  request: ApiRequest,
  query: Query,
  functionName: string,
  wantedId: string | undefined,
): Promise<ApiResponse> {
  const name = hub.findOrchestrator(functionName);
  if (name === undefined) {
    throw new BadRequest(
      `The function '${functionName}' doesn't exist, is disabled, or is not an orchestrator function.`,
    );
  }
  const id = wantedId === undefined || wantedId === "" ? null : wantedId;
  const problem = id === null ? null : checkInstanceId(id);
  if (problem !== null) throw new BadRequest(problem);
  const started = await hub.start(name, id, readJson(request.body), query.get("version") ?? null);
  const { instanceId, outcome } = started;
  if (outcome.kind === "exists") {
    const ExceptionMessage = `An Orchestration instance with the status ${outcome.status} already exists.`;
    return {
      status: 500,
      body: { Message: "Something went wrong while processing your request", ExceptionMessage },
    };
  }
  const [timeout, interval] = [query.get("timeout"), query.get("pollinginterval")];
  if (timeout !== undefined && interval !== undefined) {
    await hub.waitForEnd(instanceId, Math.max(0, Number(timeout)) * 1000);
    const instance = hub.find(instanceId);
    if (instance?.status === "Completed")
      return { status: 200, body: hub.status(instance, readOptions(query))["output"] };
    if (instance !== undefined && isTerminal(instance.status))
      return statusAnswer(hub, instance, request, query);
  }
  const links = managementUrls(addresses, instanceId);
  const headers = { location: links["statusQueryGetUri"] ?? "", "retry-after": "10" };
  return { status: 202, headers, body: { id: instanceId, ...links } };
}

async function oneInstance(
  hub: TaskHub,
  request: ApiRequest,
  query: Query,
  id: string,
): Promise<ApiResponse> {
  const instance = hub.find(id);
  if (instance === undefined) return notFound;
  if (request.method === "GET") return statusAnswer(hub, instance, request, query);
  if (request.method !== "DELETE") return notFound;
  return { status: 200, body: { instancesDeleted: await hub.purge([id]) } };
}

function statusAnswer(hub: TaskHub, instance: Instance, request: ApiRequest, query: Query): ApiResponse {
  const body = hub.status(instance, readOptions(query));
  if (!isTerminal(instance.status)) {
    return { status: 202, headers: { location: request.url.href, "retry-after": "5" }, body };
  }
  const isError =
    instance.status === "Failed" && readFlag(query, "returninternalservererroronfailure", false);
  return { status: isError ? 500 : 200, body };
}

async function instances(hub: TaskHub, request: ApiRequest, query: Query): Promise<ApiResponse> {
  if (request.method === "GET") {
    const top = query.get("top") === undefined ? 100 : Number(query.get("top"));
    if (!Number.isInteger(top) || top < 1)
      throw new BadRequest("'top' must be a whole number of at least 1.");
    const after = Buffer.from(request.continuation, "base64url").toString("utf8");
    const page = await hub.list(readFilter(query), after, top, readOptions(query));
    const token = Buffer.from(page.continuation, "utf8").toString("base64url");
    return { status: 200, headers: { "x-ms-continuation-token": token }, body: page.statuses };
  }
  if (request.method !== "DELETE") return notFound;
  const filter = readFilter(query);
  if (filter.createdFrom === null)
    return { status: 400, body: "Please provide value for 'createdTimeFrom' parameter." };
  const deleted = await hub.purgeWhere(filter);
  return deleted === 0 ? notFound : { status: 200, body: { instancesDeleted: deleted } };
}

async function act(
  hub: TaskHub,
  request: ApiRequest,
  query: Query,
  id: string,
  verb: string,
  eventName: string | undefined,
): Promise<ApiResponse> {
  switch (verb) {
    case "raiseevent": {
      if (eventName === undefined || eventName === "") return notFound;
      if (/^\d+$/.test(eventName))
        throw new BadRequest("An event name must not be a number: it would answer a task of that number.");
      if (!request.contentType.toLowerCase().startsWith("application/json") && request.body.length > 0) {
        throw new BadRequest("Only application/json request content is supported.");
      }
      return answer(await hub.raiseEvent(id, eventName, readJson(request.body)));
    }
    case "terminate":
    case "suspend":
    case "resume":
      return answer(await hub.control(id, verb, query.get("reason") ?? ""));
    case "rewind":
    case "restart":
      // A plain text: the durable client makes it the message of its error.
      return { status: 501, body: `The local host does not emulate ${verb}; start a new instance.` };
    default:
      return notFound;
  }
}

function answer(outcome: Awaited<ReturnType<TaskHub["control"]>>): ApiResponse {
  switch (outcome) {
    case "done":
      return { status: 202 };
    case "missing":
      return notFound;
    case "ended":
      return { status: 410 };
    case "not suspended":
      return { status: 500, body: { Message: "Cannot resume an instance that is not suspended." } };
  }
}

type Query = ReadonlyMap<string, string>;

function readQuery(url: URL): Query {
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const key = name.toLowerCase();
    query.set(key, query.has(key) ? `${query.get(key) ?? ""},${value}` : value);
  }
  return query;
}

function checkHub(query: Query, { hubName }: DurableAddresses): void {
  const wanted = query.get("taskhub");
  if (wanted !== undefined && wanted !== "" && wanted.toLowerCase() !== hubName.toLowerCase()) {
    throw new BadRequest(`Only task hub '${hubName}' exists on this host.`);
  }
}

function readOptions(query: Query): StatusOptions {
  return {
    showInput: readFlag(query, "showinput", true),
    showHistory: readFlag(query, "showhistory", false),
    showHistoryOutput: readFlag(query, "showhistoryoutput", false),
  };
}

function readFlag(query: Query, name: string, fallback: boolean): boolean {
  const value = query.get(name)?.toLowerCase();
  return value === undefined ? fallback : value === "true";
}

function readFilter(query: Query): InstanceFilter {
  return {
    createdFrom: readInstant(query, "createdtimefrom"),
    createdTo: readInstant(query, "createdtimeto"),
    statuses: readStatuses(query.get("runtimestatus")),
    idPrefix: query.get("instanceidprefix") ?? "",
  };
}

function readInstant(query: Query, name: string): number | null {
  const text = query.get(name);
  if (text === undefined || text === "") return null;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new BadRequest(`'${name}' is not a date: ${text}`);
  return at;
}

function readStatuses(text: string | undefined): readonly RuntimeStatus[] | null {
  if (text === undefined || text === "") return null;
  return text.split(",").map((each) => {
    const status = runtimeStatuses.find((known) => known.toLowerCase() === each.trim().toLowerCase());
    if (status === undefined)
      throw new BadRequest(`'${each}' is not a runtime status; known: ${runtimeStatuses.join(", ")}.`);
    return status;
  });
}

/** The body as compact JSON text; an empty body is null. */
function readJson(body: Buffer): string | null {
  const text = body.toString("utf8");
  if (text.trim() === "") return null;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    throw new BadRequest("The request content is not valid JSON.");
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new BadRequest(`'${part}' is not a valid path segment.`);
  }
}
