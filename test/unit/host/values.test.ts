import { describe, expect, test } from "@jest/globals";
import { formatCookie } from "../../../src/host/http/httpMessage";
import { checkInstanceId } from "../../../src/host/durable/instanceId";
import { fromTypedData } from "../../../src/host/typedData";
import { matchFiles, patternToRegExp } from "../../../src/host/worker/matchFiles";

describe("a returned value", () => {
  test.each([
    [null, null],
    [{}, null],
    [{ string: "5" }, '"5"'],
    [{ json: '{"a":1}' }, '{"a":1}'],
    [{ int: 0 }, "0"],
    [{ double: 1.5 }, "1.5"],
    [{ bytes: Buffer.from("hi") }, '"aGk="'],
  ])("%j becomes the JSON text %s", (data, json) => {
    expect(fromTypedData(data)).toBe(json);
  });
});

describe("an instance id", () => {
  test.each(["@x", "a/b", "a\\b", "a#b", "a?b", "a\u0001", "x".repeat(257), " "])(
    "is refused when it is %j",
    (id) => {
      expect(checkInstanceId(id)).not.toBeNull();
    },
  );

  test("may be anything else, such as a run's step", () => {
    expect(checkInstanceId("run.step-1:2 ü")).toBeNull();
  });
});

describe("the pattern of an app's files", () => {
  test.each([
    ["dist/functions/*.js", "dist/functions/a.js", true],
    ["dist/functions/*.js", "dist/functions/deep/a.js", false],
    ["dist/{index.js,functions/*.js}", "dist/index.js", true],
    ["src/**/*.mjs", "src/a/b/c.mjs", true],
    ["src/**/*.mjs", "src/c.mjs", true],
    ["a+b.js", "aab.js", false],
  ])("%s and %s: %s", (pattern, file, matches) => {
    expect(patternToRegExp(pattern).test(file)).toBe(matches);
  });

  test("finds files below a folder, sorted", () => {
    expect(matchFiles(__dirname, "{values,ledger}.test.ts")).toEqual(["ledger.test.ts", "values.test.ts"]);
    expect(matchFiles(__dirname, "absent.ts")).toEqual([]);
  });
});

describe("a cookie", () => {
  test("carries every attribute", () => {
    const cookie = formatCookie({
      name: "a",
      value: "b c",
      expires: { value: { seconds: 0 } },
      maxAge: { value: 9 },
      domain: { value: "localhost" },
      path: { value: "/" },
      secure: { value: true },
      httpOnly: { value: true },
      sameSite: "explicitNone",
    });
    expect(cookie).toBe(
      "a=b%20c; expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=9; domain=localhost; path=/; secure; samesite=none; httponly",
    );
  });
});
