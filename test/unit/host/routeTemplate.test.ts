import { describe, expect, test } from "@jest/globals";
import { matchRoute, parseRouteTemplate } from "../../../src/host/http/routeTemplate";

const match = (template: string, path: string): unknown => matchRoute(parseRouteTemplate(template), path);

describe("a route template", () => {
  test("matches literals in any case and decodes parameters once", () => {
    expect(match("api/Items/{id}", "/API/items/a%2520b")).toEqual({ id: "a%20b" });
  });

  test("leaves an absent optional parameter out", () => {
    expect(match("items/{id?}", "/items")).toEqual({});
    expect(match("items/{id?}", "/items/7")).toEqual({ id: "7" });
  });

  test("gives a catch-all the rest of the path, or nothing", () => {
    expect(match("{*path}", "/a/b/c")).toEqual({ path: "a/b/c" });
    expect(match("{**path}", "/")).toEqual({});
  });

  test.each([
    ["items/{id}", "/items"],
    ["items", "/items/1"],
    ["items/{id}", "/other/1"],
  ])("%s does not match %s", (template, path) => {
    expect(match(template, path)).toBeNull();
  });

  test.each(["{id:int}", "{a}.{b}", "v{ver}", "{x=1}", "{x?}/y", "{*x}/y"])(
    "refuses '%s' when the app is loaded, instead of matching something else",
    (template) => {
      expect(() => parseRouteTemplate(template)).toThrow(/route/);
    },
  );

  test("does not fail on a path that is not valid percent-encoding", () => {
    expect(match("{x}", "/%zz")).toEqual({ x: "%zz" });
  });
});
