import { describe, expect, test } from "@jest/globals";
import { matchRoute, parseRouteTemplate } from "../../../src/host/http/routeTemplate";

const match = (template: string, path: string): unknown => matchRoute(parseRouteTemplate(template), path);

describe("a route template", () => {
  test("matches literals in any case and decodes parameters once (1)", () => {
    expect(match("api/Items/{id}", "/API/items/a%2520b")).toEqual({ id: "a%20b" });
  });

  test("leaves absent optional parameters out, one or several (2)", () => {
    expect(match("items/{id?}", "/items")).toEqual({});
    expect(match("items/{id?}", "/items/7")).toEqual({ id: "7" });
    expect(match("products/{category:alpha?}/{id:int?}", "/products")).toEqual({});
    expect(match("products/{category:alpha?}/{id:int?}", "/products/tea")).toEqual({ category: "tea" });
    expect(match("{x?}/y", "/y")).toBeNull();
  });

  test("gives a default where a value is absent, and to nothing before one that is there (2)", () => {
    expect(match("list/{page=1}", "/list")).toEqual({ page: "1" });
    expect(match("list/{page:int=1}", "/list/3")).toEqual({ page: "3" });
    expect(match("{*path=index.html}", "/")).toEqual({ path: "index.html" });
  });

  test("gives a catch-all the rest of the path, or nothing (2)", () => {
    expect(match("{*path}", "/a/b/c")).toEqual({ path: "a/b/c" });
    expect(match("{**path}", "/")).toEqual({});
    expect(match("files/{*path:regex(^a/b)}", "/files/a/b/c")).toEqual({ path: "a/b/c" });
  });

  test("splits a segment of several parts, the left parameters taking as much as they can (3)", () => {
    expect(match("{a}.{b}", "/x.y.z")).toEqual({ a: "x.y", b: "z" });
    expect(match("v{version:int}", "/V12")).toEqual({ version: "12" });
    expect(match("{from}-to-{to}", "/a-to-b-to-c")).toEqual({ from: "a-to-b", to: "c" });
    expect(match("{name}.{extension?}", "/readme.md")).toEqual({ name: "readme", extension: "md" });
    expect(match("{name}.{extension?}", "/readme")).toEqual({ name: "readme" });
  });

  test("takes doubled braces and dots for themselves", () => {
    expect(match("a.c/{{id}}", "/a.c/{id}")).toEqual({});
    expect(match("a.c", "/abc")).toBeNull();
    expect(match("{code:regex(^\\d{{3}}$)}", "/123")).toEqual({ code: "123" });
    expect(match("{code:regex(^\\d{{3}}$)}", "/1234")).toBeNull();
  });

  test.each([
    ["items/{id}", "/items"],
    ["items", "/items/1"],
    ["items/{id}", "/other/1"],
    ["v{version:int}", "/v"],
    ["v{version:int}", "/vx"],
    ["{a}.{b}", "/x"],
  ])("%s does not match %s", (template, path) => {
    expect(match(template, path)).toBeNull();
  });

  test.each([
    ["{x", "without its '}'"],
    ["x}", "without its '{'"],
    ["{}", "no name"],
    ["{*x}/y", "catch-all"],
    ["a{*x}", "catch-all"],
    ["{a}{b}", "nothing between"],
    ["{a?}.x", "optional"],
    ["{a}/{A}", "twice"],
    ["{a:integer}", "'integer'"],
    ["{a:range(1)}", "'range(1)'"],
    ["{a:regex([)}", "regular expression"],
  ])("refuses '%s' when the app is loaded, saying what is wrong", (template, problem) => {
    expect(() => parseRouteTemplate(template)).toThrow(problem);
  });

  test("does not fail on a path that is not valid percent-encoding", () => {
    expect(match("{x}", "/%zz")).toEqual({ x: "%zz" });
  });
});

describe("a constraint that fails is no match", () => {
  test.each([
    ["int", ["0", "-7", "+7", "2147483647"], ["2147483648", "1.5", "x", "0x1"]],
    ["long", ["9223372036854775807"], ["9223372036854775808", "1e3"]],
    ["bool", ["true", "FALSE"], ["1", "yes"]],
    ["datetime", ["2026-01-31", "2026-01-31T10:00:00Z"], ["soon", "2026-13-01", "5", "day 1"]],
    ["decimal", ["1.5", "-2", "1,000.5"], ["1e3", "x"]],
    ["double", ["1.5", "1e3"], ["one"]],
    ["float", ["1.5", "-1E-3"], ["1.2.3"]],
    ["guid", ["0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5bd9cb469fa16570867728950e"], ["0f8fad5b"]],
    ["minlength(3)", ["abc"], ["ab"]],
    ["maxlength(3)", ["abc"], ["abcd"]],
    ["length(2)", ["ab"], ["a", "abc"]],
    ["length(2,3)", ["ab", "abc"], ["a", "abcd"]],
    ["min(5)", ["5", "99999999999999999999".slice(0, 18)], ["4", "x"]],
    ["max(5)", ["5", "-1"], ["6"]],
    ["range(1, 3)", ["1", "3"], ["0", "4", "x"]],
    ["alpha", ["abcXYZ"], ["ab1"]],
    ["regex(^a|b$)", ["abc", "cb"], ["cbc"]],
    ["required", ["x"], []],
    ["int:min(3)", ["3"], ["2"]],
  ])("{x:%s}", (constraint, good, bad) => {
    expect(good.map((value) => match(`{x:${constraint}}`, `/${value}`))).toEqual(good.map((x) => ({ x })));
    expect(bad.map((value) => match(`{x:${constraint}}`, `/${value}`))).toEqual(bad.map(() => null));
  });
});
