import { describe, expect, test } from "@jest/globals";
import { refuseForeign } from "../../../src/host/http/loopbackGuard";

describe("the loopback guard", () => {
  test.each([
    "localhost",
    "localhost:7071",
    "LOCALHOST:1",
    "127.0.0.1:7071",
    "127.9.9.9",
    "[::1]:7071",
    "[::1]",
  ])("lets the host %s through", (host) => {
    expect(refuseForeign({ host })).toBeNull();
  });

  test.each([
    undefined,
    "",
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil",
    "10.0.0.1",
    "[::2]",
    "localhost:7071:1",
  ])("refuses the host %s, which a web page could have made resolve to this machine", (host) => {
    expect(refuseForeign({ host })).not.toBeNull();
  });

  test.each(["https://evil.example", "null", "http://localhost.evil.example", "file://", ""])(
    "refuses the web page %s even at a loopback address",
    (origin) => {
      expect(refuseForeign({ host: "localhost", origin })).not.toBeNull();
    },
  );

  test("lets a page of this machine through", () => {
    expect(refuseForeign({ host: "localhost:7071", origin: "http://127.0.0.1:5173" })).toBeNull();
  });
});
