/**
 * Owns: where a URL names the account. Path-style (`http://127.0.0.1:port/account/…`) is what endpoints show; host-style
 * (`http://account.blob.localhost:port/…`) is what clients build that expect a host for each account. Pure.
 */

/** The path below the account, without its first slash; undefined when the URL names another account or none. */
export function pathBelowAccount(
  hostname: string,
  rawPath: string,
  account: string,
  service: "blob" | "table",
): string | undefined {
  if (hostname.toLowerCase() === `${account}.${service}.localhost`) return rawPath.replace(/^\//, "");
  const prefix = `/${account}`;
  if (rawPath === prefix) return "";
  return rawPath.startsWith(`${prefix}/`) ? rawPath.slice(prefix.length + 1) : undefined;
}
