/** Connects the HTTP front with the app's functions, the durable API and the Event Grid webhook. */
import type { ServerResponse } from "node:http";
import type { AppWorker } from "../app/appWorker";
import { explainOutcome, type FunctionRunner } from "../app/functionRunner";
import type { AppFunction, FunctionTable, HttpFunction } from "../app/functionTable";
import type { DurableAddresses } from "../durable/clientBinding";
import { answerManagement } from "../durable/managementApi";
import type { TaskHub } from "../durable/taskHub";
import type { HostLog } from "../log/hostLog";
import { answerEventGrid } from "../triggers/eventGrid";
import type { HealthProblem } from "../hostHealth";
import type { HttpConfig } from "../app/hostConfig";
import { answerAdmin } from "./adminRoutes";
import { answer as send, endEmpty, sendJson, type HostRequest, type HostRoutes } from "./hostServer";
import { toHttpInput, writeHttpOutput } from "./httpMessage";
import type { HostKeys, KeyLevel } from "./keys";
import { RequestGate } from "./requestGate";
import { matchRoute } from "./routeTemplate";

export interface HostRoutesOptions {
  readonly worker: AppWorker;
  readonly table: FunctionTable;
  readonly taskHub: TaskHub;
  readonly addresses: DurableAddresses;
  readonly log: HostLog;
  readonly status: () => Readonly<Record<string, unknown>>;
  readonly health: () => readonly HealthProblem[];
  readonly keys: HostKeys;
  readonly http: HttpConfig;
  /** The address of the host, without a slash at its end. */
  readonly url: string;
}

const levels: readonly KeyLevel[] = ["anonymous", "function", "system", "admin"];

/** The routes of a running host. */
export function makeRoutes(options: HostRoutesOptions, runner: FunctionRunner): HostRoutes {
  const { table, taskHub, addresses, worker } = options;
  const https = table.functions.filter((fn) => fn.kind === "http");
  const eventGrids = table.functions.filter((fn) => fn.kind === "eventGrid");
  const gate = new RequestGate(options.http);
  const manage = async (request: HostRequest, path: string, response: ServerResponse): Promise<void> => {
    const { method, url, body, raw } = request;
    const token = raw.headers["x-ms-continuation-token"];
    const answer = await answerManagement(taskHub, addresses, {
      method,
      path,
      url,
      body,
      contentType: raw.headers["content-type"] ?? "",
      continuation: typeof token === "string" ? token : "",
    });
    if (answer.body === undefined) {
      endEmpty(response, answer.status, answer.headers);
      return;
    }
    sendJson(response, answer.status, answer.body, answer.headers);
  };
  return {
    status: options.status,
    health: options.health,
    problems: () => (worker.problem === null ? [] : [worker.problem]),
    rpc: manage,
    durableWebhook: async (request, path, response) =>
      isWebhookAllowed(request, "durabletask_extension")
        ? manage(request, path, response)
        : endEmpty(response, 401),
    eventGrid: async (request, response) => {
      if (!isWebhookAllowed(request, "eventgrid_extension")) {
        endEmpty(response, 401);
        return;
      }
      const header = (name: string): string | undefined => {
        const value = request.raw.headers[name];
        return typeof value === "string" ? value : undefined;
      };
      const answer = await answerEventGrid(
        {
          method: request.method,
          eventType: header("aeg-event-type") ?? "",
          functionName: request.url.searchParams.get("functionName"),
          allowedOrigin: header("webhook-request-origin"),
          body: request.body,
        },
        {
          find: (name) => eventGrids.find((fn) => fn.name.toLowerCase() === name.toLowerCase())?.name,
          run: async (name, event) => runEvent(runner, eventGrids, name, event),
        },
      );
      response.writeHead(answer.status, answer.headers).end(answer.text);
    },
    admin: ({ method, body, level }, path, response) => {
      const isMaster = level({}) === "admin";
      send(response, answerAdmin({ method, path, body, isMaster }, { ...options, runner }));
    },
    app: async (request, response) => {
      for (const [name, value] of Object.entries(options.http.customHeaders)) response.setHeader(name, value);
      const serve = async (): Promise<void> => runHttp(runner, https, request, response);
      if (!(await gate.enter(serve))) endEmpty(response, 429, { "retry-after": "1" });
    },
  };
}

function isWebhookAllowed(
  request: HostRequest,
  extension: "durabletask_extension" | "eventgrid_extension",
): boolean {
  return levels.indexOf(request.level({ extension })) >= levels.indexOf("system");
}

async function runEvent(
  runner: FunctionRunner,
  functions: readonly AppFunction[],
  name: string,
  event: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  const fn = functions.find((each) => each.name === name);
  if (fn === undefined) return `there is no function '${name}'`;
  const data = event["data"];
  const metadata = data === undefined ? {} : { data: { json: JSON.stringify(data) } };
  return explainOutcome(
    await runner.run(fn, { data: { string: JSON.stringify(event) }, metadata, reason: "Event Grid" }),
  );
}

async function runHttp(
  runner: FunctionRunner,
  functions: readonly HttpFunction[],
  request: HostRequest,
  response: ServerResponse,
): Promise<void> {
  for (const fn of functions) {
    const params = matchRoute(fn.template, request.url.pathname);
    if (params === null || (fn.methods !== null && !fn.methods.includes(request.method))) continue;
    if (!isAllowed(request, fn)) {
      endEmpty(response, 401);
      return;
    }
    const data = toHttpInput(request.raw, request.url, params, request.body);
    const outcome = await runner.run(fn, { data, metadata: {}, reason: "HTTP" });
    if (outcome.kind === "returned") {
      writeHttpOutput(response, outcome.response.returnValue);
      return;
    }
    if (outcome.kind === "failed") endEmpty(response, 500);
    else
      sendJson(response, 500, {
        message: `Function '${fn.name}' did not answer: ${explainOutcome(outcome) ?? ""}.`,
      });
    return;
  }
  endEmpty(response, request.method === "GET" && request.url.pathname === "/" ? 204 : 404);
}

function isAllowed(request: HostRequest, { name, authLevel }: HttpFunction): boolean {
  if (authLevel === "anonymous") return true;
  const level = request.level({ functionName: name });
  return authLevel === "admin" ? level === "admin" : level === "admin" || level === "function";
}
