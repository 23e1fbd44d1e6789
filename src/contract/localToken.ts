/**
 * The bearer token of a laptop: a JWT signed with a key that only the user's own account can read.
 *
 * 1. HS256 only: a token that names another algorithm, or none, is refused.
 * 2. A token is good for one workspace (its ARM path is the audience), or for the audience `sluice`.
 * 3. Verification never says why a token is bad beyond expired or not.
 */
import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";

export const localIssuer = "sluice-local";
/** The audience of tokens that are not bound to one workspace. */
export const localAudience = "sluice";
/** Tenant that local tokens name: clients of v1 read the claim and fail without it. */
const localTenant = "00000000-0000-0000-0000-000000000000";

export const roles = ["Pipelines.Read", "Pipelines.Submit", "Pipelines.Manage"] as const;
/** What a caller may do: read everything, start and stop runs, change what is published or scheduled. */
export type Role = (typeof roles)[number];

export interface LocalClaims {
  readonly subject: string;
  readonly roles: readonly Role[];
}

export interface TokenLifetime {
  /** ARM path of the workspace, or `localAudience`. */
  readonly audience: string;
  readonly issuedAt: Date;
  readonly lifetimeMs: number;
}

export async function signLocalToken(
  key: Uint8Array,
  claims: LocalClaims,
  lifetime: TokenLifetime,
): Promise<string> {
  const issuedAt = Math.floor(lifetime.issuedAt.getTime() / 1000);
  return new SignJWT({ roles: [...claims.roles], tid: localTenant })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer(localIssuer)
    .setAudience(lifetime.audience)
    .setSubject(claims.subject)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.floor(lifetime.lifetimeMs / 1000))
    .sign(key);
}

export type TokenCheck =
  | { readonly status: "valid"; readonly claims: LocalClaims }
  | { readonly status: "expired" }
  | { readonly status: "invalid" };

const claimSet = z.object({ sub: z.string().min(1), roles: z.array(z.string()) });

/** Checks signature, issuer, audience and expiry at `now`; roles that are not ours are dropped. */
export async function verifyLocalToken(
  key: Uint8Array,
  token: string,
  audiences: readonly string[],
  now: Date,
): Promise<TokenCheck> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ["HS256"],
      issuer: localIssuer,
      audience: [...audiences],
      requiredClaims: ["exp", "sub", "roles"],
      currentDate: now,
    });
    const claims = claimSet.safeParse(payload);
    if (!claims.success) return { status: "invalid" };
    const known = roles.filter((role) => claims.data.roles.includes(role));
    return { status: "valid", claims: { subject: claims.data.sub, roles: known } };
  } catch (error) {
    return { status: error instanceof errors.JWTExpired ? "expired" : "invalid" };
  }
}
