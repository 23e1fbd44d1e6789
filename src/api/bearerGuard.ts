/**
 * Who calls, and what they may do. Nothing here knows a route; the route table says which role a route needs.
 *
 * 1. Without a token that this workspace accepts, nothing is answered but 401.
 * 2. Where the app has no key to check tokens with, nobody is let in.
 */
import { localAudience, verifyLocalToken, type Role, type TokenCheck } from "../contract/localToken";
import { localTokenKey } from "../contract/localTokenKey";
import { workspacePath } from "../contract/routes";
import type { Workspace } from "../workspace/workspace";
import { refuse, type Refusal } from "./answer";

export type Admission =
  | { readonly status: "admitted"; readonly subject: string; readonly roles: readonly Role[] }
  | { readonly status: "refused"; readonly refusal: Refusal };

/** Gives the key that local tokens are signed with, from the data folder. */
export type TokenKeySource = (dataDir: string) => Promise<Uint8Array>;

/** Admits the bearer of an `Authorization` header; `undefined` = the header is missing. */
export type BearerGuard = (authorization: string | undefined) => Promise<Admission>;

/** `loadKey` is asked until it answers once; it is not asked where `config.local` is null. */
export function createBearerGuard(
  { config, clock }: Workspace,
  loadKey: TokenKeySource = localTokenKey,
): BearerGuard {
  const audiences = [workspacePath(config), localAudience];
  let key: Promise<Uint8Array> | undefined;
  return async (authorization) => {
    if (config.local === null) return refused(refuse("SignInNotConfigured", "This app cannot check tokens."));
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return refused(unauthenticated("No bearer token came with the request."));
    key ??= loadKey(config.local.dataDir);
    key.catch(() => (key = undefined));
    return admit(await verifyLocalToken(await key, token, audiences, clock.now()));
  };
}

function admit(check: TokenCheck): Admission {
  switch (check.status) {
    case "valid":
      return { status: "admitted", ...check.claims };
    case "expired":
      return refused(unauthenticated("The token has expired."));
    case "invalid":
      return refused(unauthenticated("The token is not valid for this workspace."));
  }
}

function unauthenticated(message: string): Refusal {
  return { ...refuse("AuthenticationFailed", message), headers: [["www-authenticate", "Bearer"]] };
}

const refused = (refusal: Refusal): Admission => ({ status: "refused", refusal });
