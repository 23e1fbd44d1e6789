/**
 * Owns: who may talk to a loopback server at all, before any signature is looked at.
 *
 * Invariants:
 * G1. A Host that is not loopback is refused (DNS rebinding: a foreign name that resolves to 127.0.0.1).
 * G2. An Origin that is not a loopback page is refused, "null" included (a foreign web page in the user's browser).
 */
import type { IncomingHttpHeaders } from "node:http";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]", "::1"]);

/** Why a request must be refused with 403; undefined when it may go on. */
export function refusalOf(headers: IncomingHttpHeaders): string | undefined {
  const host = headers.host;
  if (host === undefined || !isLoopback(`http://${host}`))
    return "The Host of the request is not a loopback name.";
  const origin = headers.origin;
  if (origin !== undefined && !isLoopback(origin))
    return "The request comes from a foreign web page (Origin).";
  return undefined;
}

function isLoopback(url: string): boolean {
  try {
    return isLoopbackName(new URL(url).hostname);
  } catch {
    return false;
  }
}

export function isLoopbackName(hostname: string): boolean {
  return LOOPBACK.has(hostname.toLowerCase()) || hostname.toLowerCase().endsWith(".localhost");
}
