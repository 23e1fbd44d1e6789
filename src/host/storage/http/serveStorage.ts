/**
 * Owns: one loopback HTTP server of a storage service: the envelope of every call (guard, account, authentication,
 * request id, version echo, error shape) around a service's own routes. Must not: know those routes.
 *
 * Invariants:
 * H1. Binds 127.0.0.1 only.
 * H2. No route runs before the guard and the authentication passed.
 * H3. Every refusal has Azure's shape and `x-ms-error-code`; a bug answers 500 InternalError and is logged.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { constants } from "node:os";

import type { Account } from "../auth/authenticate";
import { authenticate } from "../auth/authenticate";
import type { Grant } from "../auth/grant";
import type { SignedService } from "../auth/stringToSign";
import { StoredDamage } from "../store/damage";
import { pathBelowAccount } from "./accountPath";
import { refusalOf } from "./loopbackGuard";
import { internalError, StorageError } from "./storageError";
import { requestBody } from "./requestBody";
import { headerOf, parseQuery, type StorageReply, type StorageRequest } from "./storageRequest";

export type Route = (request: StorageRequest, grant: Grant) => Promise<StorageReply>;

export interface ServiceOptions {
  readonly service: SignedService;
  readonly account: Account;
  readonly port: number;
  readonly route: Route;
  /** Renders a refusal: body and its content type. */
  readonly renderError: (error: StorageError, request: { requestId: string; at: number }) => RenderedError;
  readonly onBug: (error: unknown, requestId: string) => void;
}

export interface RenderedError {
  readonly contentType: string;
  readonly body: string;
}

export interface RunningService {
  /** `http://127.0.0.1:<port>/<account>` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Version echoed to callers that name none. */
const DEFAULT_VERSION = "2021-12-02";

export async function serveStorage(options: ServiceOptions): Promise<RunningService> {
  const server = createServer((message, response) => void answer(options, message, response));
  server.keepAliveTimeout = 60_000;
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/${options.account.name}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 2_000).unref();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? new Error(`Port ${port} is taken by another program.`) : error),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
}

async function answer(
  options: ServiceOptions,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const call: Call = { options, message, response, requestId: randomUUID(), at: Date.now() };
  try {
    const request = parseEnvelope(call);
    const grant = authenticate(options.service, options.account, request);
    await send(call, await options.route(request, grant));
  } catch (error) {
    // What is left of a refused body is drained; Node does so only for bodies that nobody began to read.
    message.resume();
    await sendError(call, error);
  }
}

interface Call {
  readonly options: ServiceOptions;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly at: number;
}

function envelopeOf({ message, requestId, at }: Call): Record<string, string> {
  const clientId = headerOf(message.headers, "x-ms-client-request-id");
  return {
    "x-ms-request-id": requestId,
    "x-ms-version": headerOf(message.headers, "x-ms-version") ?? DEFAULT_VERSION,
    Server: "Sluice-Storage/1.0",
    Date: new Date(at).toUTCString(),
    ...(clientId !== undefined && clientId.length <= 1024 && { "x-ms-client-request-id": clientId }),
  };
}

function parseEnvelope({ options, message, requestId, at }: Call): StorageRequest {
  const refusal = refusalOf(message.headers);
  if (refusal !== undefined) throw new StorageError(403, "AuthorizationFailure", refusal);
  const url = message.url ?? "/";
  const cut = url.indexOf("?");
  const rawPath = cut < 0 ? url : url.slice(0, cut);
  return {
    method: message.method ?? "GET",
    rawPath,
    resourcePath: belowAccount(options, message.headers.host ?? "", rawPath),
    query: parseQuery(cut < 0 ? "" : url.slice(cut + 1)),
    headers: message.headers,
    rawHeaders: message.rawHeaders,
    body: requestBody(message),
    requestId,
    clientRequestId: headerOf(message.headers, "x-ms-client-request-id"),
    remoteAddress: message.socket.remoteAddress ?? "",
    receivedAt: at,
  };
}

function belowAccount({ service, account }: ServiceOptions, host: string, rawPath: string): string {
  const path = pathBelowAccount(host.replace(/:\d+$/, ""), rawPath, account.name, service);
  if (path !== undefined) return path;
  throw new StorageError(
    404,
    "ResourceNotFound",
    `The path must start with the account name: /${account.name}/…`,
  );
}

async function send(call: Call, reply: StorageReply): Promise<void> {
  const { message, response } = call;
  const isBare = message.method === "HEAD" || reply.body === undefined;
  const body = isBare ? undefined : await begun(reply.body);
  // One object, so that Node takes the headers as they are instead of keeping them one by one.
  const headers = { ...envelopeOf(call), ...reply.headers, ...lengthOf(call, reply.status, body) };
  response.writeHead(reply.status, headers);
  if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) response.end(body);
  else await pipeline(Readable.from(body, { objectMode: false }), response);
}

/** Routes announce the length of what they stream and of what a HEAD would have. */
function lengthOf(
  { message }: Call,
  status: number,
  body: string | Buffer | AsyncIterable<Buffer> | undefined,
): Record<string, string> {
  if (typeof body === "string" || Buffer.isBuffer(body))
    return { "Content-Length": String(Buffer.byteLength(body)) };
  const isEmpty = body === undefined && message.method !== "HEAD" && status !== 204 && status !== 304;
  return isEmpty ? { "Content-Length": "0" } : {};
}

/** The same bytes once the first of them could be read: before that a failure can still be answered as a refusal. */
async function begun(
  body: StorageReply["body"],
): Promise<string | Buffer | AsyncIterable<Buffer> | undefined> {
  if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) return body;
  const iterator = body[Symbol.asyncIterator]();
  let first: IteratorResult<Buffer> | undefined = await iterator.next();
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const result = first ?? (await iterator.next());
        first = undefined;
        return result;
      },
      return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
    }),
  };
}

async function sendError(call: Call, error: unknown): Promise<void> {
  const { options, message, response, requestId, at } = call;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    if (error instanceof Error && !isCallerGone(error)) options.onBug(error, requestId);
    return;
  }
  const known = error instanceof StorageError ? error : internalError(reasonOf(error));
  if (known !== error) options.onBug(error, requestId);
  const bare = message.method === "HEAD" || known.status === 304;
  const rendered = options.renderError(known, { requestId, at });
  await send(call, {
    status: known.status,
    headers: {
      ...known.headers,
      "x-ms-error-code": known.code,
      ...(bare ? {} : { "Content-Type": rendered.contentType }),
    },
    ...(bare ? {} : { body: rendered.body }),
  });
}

/** What went wrong inside, where a caller can do something about it. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof StoredDamage) return `Stored data is damaged: ${error.message}.`;
  return isDiskFull(error)
    ? "The disk that holds the local storage is full or does not take what is written."
    : undefined;
}

/** What the file system says, and LMDB, which calls a write that was cut short an input/output error (5). */
function isDiskFull(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (
    code === "ENOSPC" || code === "EDQUOT" || code === constants.errno.EIO || code === constants.errno.ENOSPC
  );
}

/** A caller that hangs up in the middle of an answer is no bug. */
function isCallerGone(error: Error): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ECONNRESET" || code === "EPIPE";
}
