import { describe, expect, test } from "@jest/globals";
import { UnsecuredJWT } from "jose";
import { routeTable } from "../../../src/api/routeTable";
import { roles } from "../../../src/contract/localToken";
import { apiUnderTest, codeOf, now, routes, token, ws } from "./apiUnderTest";
import { aRun } from "./records";

const guarded = routeTable.filter(({ role }) => role !== null);
const pathOf = (pattern: string) => `/${pattern.replace("{ws}", ws).replace(/\{\w+(\.\.\.)?\}/g, "x")}`;

describe("every data route", () => {
  test.each(guarded.map(({ method, pattern, role }) => [method, pattern, role] as const))(
    "%s %s answers 401 without a token and 403 without the role %s, and touches no room",
    async (method, pattern, role) => {
      const api = apiUnderTest();
      const path = pathOf(pattern);
      expect((await api.send({ method, path, roles: null })).status).toBe(401);
      const answer = await api.send({ method, path, roles: roles.filter((each) => each !== role) });
      expect([answer.status, codeOf(answer)]).toEqual([403, "RoleMissing"]);
      expect(api.logged).toEqual([]);
    },
  );
});

describe("a token", () => {
  const find = () => Promise.resolve(aRun());
  const send = (authorization: string) =>
    apiUnderTest({ runs: { find } }).send({ path: routes.run("r"), roles: null, headers: { authorization } });

  test("that is valid opens the route, whatever the case of the scheme", async () => {
    expect((await send(`bearer ${await token(roles)}`)).status).toBe(200);
  });

  const unsigned = new UnsecuredJWT({
    sub: "x",
    roles,
    iss: "sluice-local",
    aud: "sluice",
    exp: 9_999_999_999,
  });
  test.each([
    ["garbage", () => "Bearer garbage"],
    ["empty", () => "Bearer "],
    ["of another scheme", async () => `Token ${await token(roles)}`],
    ["signed with another key", async () => `Bearer ${await token(roles, now, new Uint8Array(32).fill(1))}`],
    ["unsigned with alg none", () => `Bearer ${unsigned.encode()}`],
    ["expired", async () => `Bearer ${await token(roles, new Date(now.getTime() - 60_000))}`],
    ["two of them", async () => `Bearer ${await token(roles)} ${await token(roles)}`],
  ])("that is %s is refused in v1's shape with a hint how to sign in", async (_what, make) => {
    const answer = await send(await make());
    expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
    expect(answer.body).toMatchObject({ error: { code: "AuthenticationFailed", details: [] } });
  });

  test("that expired is told apart in words, so that a caller knows to fetch a new one", async () => {
    const answer = await send(`Bearer ${await token(roles, new Date(now.getTime() - 60_000))}`);
    expect(answer.text).toContain("The token has expired.");
  });

  test("opens nothing where the app has no key to check it with", async () => {
    const api = apiUnderTest({ runs: { find } }, { local: null });
    const answer = await api.send({ path: routes.run("r") });
    expect([answer.status, codeOf(answer)]).toEqual([503, "SignInNotConfigured"]);
  });
});
