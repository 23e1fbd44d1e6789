/** Which requests a loopback-only server may answer. Pure. */

const loopbackName = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/i;

/**
 * Says why a request is refused, or null. The Host header must be loopback, so that a name that a web page made resolve
 * to this machine does not work; an Origin must be loopback too, so that no foreign page reaches the app.
 */
export function refuseForeign(headers: {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}): string | null {
  if (!isLoopbackHost(headers.host ?? ""))
    return "This server answers only requests addressed to this machine.";
  if (headers.origin !== undefined && !isLoopbackOrigin(headers.origin))
    return "This server answers no web page from elsewhere.";
  return null;
}

/** Whether `name[:port]` names this machine. */
export function isLoopbackHost(host: string): boolean {
  const match = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host.trim());
  return match !== null && loopbackName.test(match[1] ?? "");
}

function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin.trim());
  return match !== null && isLoopbackHost(match[1] ?? "");
}
