/** Turns requests of node:http into what the app receives, and what the app answers into responses. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypedData } from "../worker/protocol";

/** The body is larger than allowed. */
export class BodyTooLarge extends Error {}

/** Default limit of a request body: 100 MB. */
export const defaultBodyLimit = 104_857_600;

/** Reads the whole body; rejects with `BodyTooLarge` past the limit. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > limit) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > limit) throw new BodyTooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** The request as the app's programming model wants it. Duplicate query keys are joined by commas. */
export function toHttpInput(
  request: IncomingMessage,
  url: URL,
  params: Readonly<Record<string, string>>,
  body: Buffer,
): TypedData {
  const query: Record<string, { value: string }> = {};
  for (const key of new Set(url.searchParams.keys()))
    query[key] = { value: url.searchParams.getAll(key).join(",") };
  return {
    http: {
      url: url.href,
      method: request.method ?? "GET",
      nullableHeaders: wrap(flatten(request.headers)),
      nullableQuery: query,
      nullableParams: wrap(params),
      ...(body.length > 0 ? { body: { bytes: body } } : {}),
    },
  };
}

function flatten(headers: IncomingMessage["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value] as const],
    ),
  );
}

function wrap(values: Readonly<Record<string, string>>): Record<string, { value: string }> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value }]));
}

interface HttpOutput {
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly Cookie[];
  readonly body?: { readonly bytes?: Uint8Array; readonly string?: string };
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: { readonly value: string };
  readonly path?: { readonly value: string };
  readonly expires?: { readonly value: { readonly seconds: number } };
  readonly secure?: { readonly value: boolean };
  readonly httpOnly?: { readonly value: boolean };
  readonly sameSite?: string | number;
  readonly maxAge?: { readonly value: number };
}

/** Writes the app's answer; nothing returned is 204. */
export function writeHttpOutput(response: ServerResponse, value: TypedData | null): void {
  const output = value?.["http"] as HttpOutput | undefined;
  if (output === undefined) {
    response.writeHead(204).end();
    return;
  }
  const status = Number(output.statusCode ?? 200);
  for (const [name, text] of Object.entries(output.headers ?? {})) response.setHeader(name, text);
  const cookies = (output.cookies ?? []).map(formatCookie);
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  const body = output.body?.bytes ?? Buffer.from(output.body?.string ?? "");
  const hasBody = status !== 204 && status !== 205 && status !== 304;
  if (hasBody) response.setHeader("content-length", body.length);
  response.writeHead(status).end(hasBody ? body : undefined);
}

const sameSiteNames: Readonly<Record<string, string>> = {
  lax: "lax",
  strict: "strict",
  explicitnone: "none",
};

/** A Set-Cookie value, in the form and order of the real host: a cookie without a path is for the whole site. */
export function formatCookie(cookie: Cookie): string {
  const sameSite = sameSiteNames[String(cookie.sameSite).toLowerCase()];
  const parts = [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    cookie.expires && `expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`,
    cookie.maxAge && `max-age=${cookie.maxAge.value}`,
    cookie.domain && `domain=${cookie.domain.value}`,
    `path=${cookie.path?.value ?? "/"}`,
    cookie.secure?.value === true && "secure",
    sameSite !== undefined && `samesite=${sameSite}`,
    cookie.httpOnly?.value === true && "httponly",
  ];
  return parts.filter((part) => typeof part === "string").join("; ");
}
