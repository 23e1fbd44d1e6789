/**
 * The HTTP front of the host: loopback only, a guard before every route, then the host's own routes, then the app's.
 *
 * 1. No request with a foreign Host or Origin header reaches anything.
 * 2. `admin` and `runtime` belong to the host, whatever routes the app has.
 * 3. While the app does not run, every route but the host's status and health answers 503 with what is wrong.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HostLog } from "../log/hostLog";
import { BodyTooLarge, readBody } from "./httpMessage";
import type { HealthProblem } from "../hostHealth";
import { answerOpenly } from "./adminRoutes";
import { keyLevel, type HostKeys, type KeyLevel, type KeyScope } from "./keys";
import { refuseForeign } from "./loopbackGuard";

/** A request whose body has been read. */
export interface HostRequest {
  readonly raw: IncomingMessage;
  readonly url: URL;
  readonly method: string;
  readonly body: Buffer;
  /** The level that the key of the request grants. */
  readonly level: (scope: KeyScope) => KeyLevel;
}

/** The routes behind the guard. A handler must end the response. */
export interface HostRoutes {
  readonly status: () => Readonly<Record<string, unknown>>;
  /** Everything that is wrong, whether or not requests can be served. */
  readonly health: () => readonly HealthProblem[];
  /** What keeps the app from running; empty when it runs. */
  readonly problems: () => readonly string[];
  readonly rpc: (request: HostRequest, path: string, response: ServerResponse) => Promise<void>;
  readonly durableWebhook: (request: HostRequest, path: string, response: ServerResponse) => Promise<void>;
  readonly eventGrid: (request: HostRequest, response: ServerResponse) => Promise<void>;
  readonly admin: (request: HostRequest, path: string, response: ServerResponse) => void;
  readonly app: (request: HostRequest, response: ServerResponse) => Promise<void>;
}

export interface HostServerOptions {
  readonly keys: HostKeys;
  readonly bodyLimit: number;
  /** Path segment of the unguessable client API. */
  readonly rpcSegment: string;
  readonly log: HostLog;
}

export class HostServer {
  readonly #options: HostServerOptions;
  readonly #server: Server;
  #routes: HostRoutes | null = null;
  #port = 0;
  #isStopping = false;

  constructor(options: HostServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.keepAliveTimeout = 30_000;
  }

  get port(): number {
    return this.#port;
  }

  setRoutes(routes: HostRoutes): void {
    this.#routes = routes;
  }

  /** Listens on 127.0.0.1; rejects with the system's error when the port is taken. */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Turns callers away; requests under way may end, and the app may still reach its client API to do so. */
  stopAccepting(): void {
    this.#isStopping = true;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refuseForeign({ host: raw.headers.host, origin: raw.headers.origin });
    if (refusal !== null) {
      sendJson(response, 403, { message: refusal });
      return;
    }
    try {
      const url = new URL(
        `http://${raw.headers.host ?? "localhost"}${raw.url?.startsWith("/") === true ? raw.url : "/"}`,
      );
      await this.#route(raw, url, response);
    } catch (error) {
      this.#fail(raw, response, error);
    }
  }

  #problems(): readonly string[] {
    if (this.#isStopping) return ["The host is stopping."];
    return this.#routes?.problems() ?? ["The host is starting."];
  }

  #health(): readonly HealthProblem[] {
    if (this.#isStopping || this.#routes === null)
      return this.#problems().map((problem) => ({ part: "host", problem }));
    return this.#routes.health();
  }

  async #route(raw: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const path = url.pathname.replace(/^\/+/, "");
    const open = answerOpenly(
      raw.method ?? "",
      path,
      () => this.#routes?.status() ?? { state: "Starting" },
      () => this.#health(),
    );
    if (open !== null) {
      raw.resume();
      answer(response, open);
      return;
    }
    const problems = this.#problems();
    if (problems.length > 0 && !path.startsWith(`${this.#options.rpcSegment}/`)) {
      raw.resume();
      sendJson(response, 503, { status: "unavailable", problems });
      return;
    }
    if (this.#routes === null) {
      sendJson(response, 503, { status: "unavailable", problems });
      return;
    }
    const body = await readBody(raw, this.#options.bodyLimit);
    await this.#dispatch(this.#routes, this.#toRequest(raw, url, body), path, response);
  }

  async #dispatch(
    routes: HostRoutes,
    request: HostRequest,
    path: string,
    response: ServerResponse,
  ): Promise<void> {
    const [first = "", second = "", third = "", ...rest] = path.split("/");
    if (first === this.#options.rpcSegment)
      return routes.rpc(
        request,
        [second, third, ...rest].filter((part, index) => part !== "" || index === 0).join("/"),
        response,
      );
    switch (first.toLowerCase()) {
      case "admin":
        routes.admin(request, [second, third, ...rest].join("/"), response);
        return;
      case "runtime":
        return this.#webhook(routes, request, `${second}/${third}`.toLowerCase(), rest.join("/"), response);
      default:
        return routes.app(request, response);
    }
  }

  async #webhook(
    routes: HostRoutes,
    request: HostRequest,
    name: string,
    path: string,
    response: ServerResponse,
  ): Promise<void> {
    if (name === "webhooks/durabletask") return routes.durableWebhook(request, path, response);
    if (name === "webhooks/eventgrid") return routes.eventGrid(request, response);
    endEmpty(response, 404);
  }

  #toRequest(raw: IncomingMessage, url: URL, body: Buffer): HostRequest {
    const header = raw.headers["x-functions-key"];
    const key = typeof header === "string" ? header : url.searchParams.get("code");
    return {
      raw,
      url,
      method: raw.method ?? "GET",
      body,
      level: (scope) => keyLevel(this.#options.keys, key, scope),
    };
  }

  #fail(raw: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (error instanceof BodyTooLarge) {
      response.setHeader("connection", "close");
      endEmpty(response, 413);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    const path = (raw.url ?? "").split("?")[0] ?? "";
    this.#options.log.requestFailed(raw.method ?? "GET", hidePath(path, this.#options.rpcSegment), message);
    endEmpty(response, 500);
  }
}

function hidePath(path: string, secret: string): string {
  return path.replace(secret, "durable-client");
}

/** Sends an answer that has a JSON body or none. */
export function answer(
  response: ServerResponse,
  { status, body }: { readonly status: number; readonly body?: unknown },
): void {
  if (body === undefined) endEmpty(response, status);
  else sendJson(response, status, body);
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

export function endEmpty(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-length": 0, ...headers });
  response.end();
}
