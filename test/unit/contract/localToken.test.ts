import { describe, expect, test } from "@jest/globals";
import { SignJWT, UnsecuredJWT } from "jose";
import {
  localAudience,
  localIssuer,
  signLocalToken,
  verifyLocalToken,
} from "../../../src/contract/localToken";

const key = new Uint8Array(32).fill(7);
const otherKey = new Uint8Array(32).fill(8);
const now = new Date("2026-11-21T08:00:00Z");
const later = (ms: number) => new Date(now.getTime() + ms);
const audiences = ["subscriptions/s/workspaces/w", localAudience];

function token(
  options: { key?: Uint8Array; audience?: string; roles?: readonly string[] } = {},
): Promise<string> {
  const claims = { subject: "me", roles: (options.roles ?? ["Pipelines.Read"]) as ["Pipelines.Read"] };
  return signLocalToken(options.key ?? key, claims, {
    audience: options.audience ?? localAudience,
    issuedAt: now,
    lifetimeMs: 60_000,
  });
}

describe("local token", () => {
  test("is good until it expires and not a second longer", async () => {
    const signed = await token();
    expect(await verifyLocalToken(key, signed, audiences, later(59_000))).toEqual({
      status: "valid",
      claims: { subject: "me", roles: ["Pipelines.Read"] },
    });
    expect(await verifyLocalToken(key, signed, audiences, later(60_000))).toEqual({ status: "expired" });
  });

  test("carries tid, iat and exp, which v1's client indexes without a default", async () => {
    const [, payload = ""] = (await token()).split(".");
    expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({
      iss: "sluice-local",
      tid: "00000000-0000-0000-0000-000000000000",
      iat: now.getTime() / 1000,
      exp: now.getTime() / 1000 + 60,
    });
  });

  test("drops roles that mean nothing here, so that a foreign role never grants anything", async () => {
    const signed = await token({ roles: ["Owner", "Pipelines.Manage"] });
    expect(await verifyLocalToken(key, signed, audiences, now)).toMatchObject({
      claims: { roles: ["Pipelines.Manage"] },
    });
  });

  test.each([
    ["signed by another key", () => token({ key: otherKey })],
    ["made for another workspace", () => token({ audience: "subscriptions/s/workspaces/x" })],
    ["not a token at all", () => Promise.resolve("garbage")],
    ["empty", () => Promise.resolve("")],
    ["cut short", async () => (await token()).slice(0, -4)],
    ["from another issuer", () => handmade({ iss: "someone" })],
    ["without a subject", () => handmade({ sub: undefined })],
    ["without an expiry", () => handmade({ exp: undefined })],
    ["without roles", () => handmade({ roles: undefined })],
    ["unsigned with alg none", () => Promise.resolve(new UnsecuredJWT(claims).encode())],
    [
      "signed with a longer algorithm than agreed",
      () => new SignJWT(claims).setProtectedHeader({ alg: "HS512" }).sign(key),
    ],
  ])("is refused when %s", async (_what, make) => {
    expect(await verifyLocalToken(key, await make(), audiences, now)).toEqual({ status: "invalid" });
  });
});

const claims = {
  iss: localIssuer,
  aud: localAudience,
  sub: "me",
  roles: ["Pipelines.Read"],
  exp: later(60_000).getTime() / 1000,
};

function handmade(change: Record<string, unknown>): Promise<string> {
  return new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: "HS256" }).sign(key);
}
