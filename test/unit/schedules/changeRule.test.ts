import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  decideChange,
  normaliseEtag,
  normaliseFolder,
  parseBlobEvent,
  type BlobChange,
  type StandingWatch,
} from "../../../src/schedules/changeRule";
import type { BlobEvent } from "../../../src/schedules/schedules";

const watch: StandingWatch = {
  account: "sluice",
  container: "data",
  folder: "inbox",
  since: 1_000,
  token: "t",
};
const change: BlobChange = {
  eventType: "Microsoft.Storage.BlobCreated",
  api: "PutBlob",
  account: "sluice",
  container: "data",
  path: "inbox/a.csv",
  etag: "0x1",
  changedAt: 2_000,
};

function event(subjectPath: string, urlPath: string, changed: Partial<BlobEvent> = {}): BlobEvent {
  return {
    id: "1",
    eventType: "Microsoft.Storage.BlobCreated",
    subject: `/blobServices/default/containers/data/blobs/${subjectPath}`,
    data: { api: "PutBlob", eTag: '"0x8D4B"', url: `https://Sluice.blob.core.windows.net/data/${urlPath}` },
    ...changed,
  };
}

const pathOf = (given: BlobEvent): string | undefined => {
  const parsed = parseBlobEvent(given);
  return parsed.ok ? parsed.change.path : undefined;
};

describe("a rule", () => {
  test("fires for a blob directly in its folder", () => {
    expect(decideChange(watch, change)).toEqual({ kind: "fire" });
    expect(decideChange({ ...watch, folder: "" }, { ...change, path: "a.csv" })).toEqual({ kind: "fire" });
    expect(decideChange(watch, { ...change, changedAt: null })).toEqual({ kind: "fire" });
  });

  test.each([
    [{ path: "inbox/2026/a.csv" }, "in a sub-folder of the watched folder"],
    [{ path: "inboxes/a.csv" }, "outside the watched folder"],
    [{ path: "inbox" }, "outside the watched folder"],
    [{ path: "Inbox/a.csv" }, "outside the watched folder"],
    [{ path: "inbox/deeper/" }, "folder marker"],
    [{ container: "other" }, "other container"],
    [{ account: "other" }, "other container"],
    [{ container: "$logs" }, "system container"],
    [{ container: "azure-webjobs-hosts" }, "system container"],
    [{ eventType: "Microsoft.Storage.BlobDeleted" }, "not a created or replaced blob"],
    [{ api: "CreateFile" }, "file not yet closed"],
    [{ changedAt: 999 }, "changed before the schedule watched"],
  ] as const)("ignores %j: %s", (changed, reason) => {
    expect(decideChange(watch, { ...change, ...changed })).toEqual({ kind: "ignore", reason });
  });

  test("watching the root ignores blobs in folders", () => {
    const decision = decideChange({ ...watch, folder: "" }, change);
    expect(decision).toEqual({ kind: "ignore", reason: "in a sub-folder of the watched folder" });
  });
});

describe("an event", () => {
  test("names the blob, its account and version, however they are written", () => {
    const time = { eventTime: "2026-05-17T10:00:00.1239999Z" };
    expect(parseBlobEvent(event("inbox/ä b.csv", "inbox/%C3%A4%20b.csv", time))).toEqual({
      ok: true,
      change: {
        ...change,
        path: "inbox/ä b.csv",
        etag: "0x8D4B",
        changedAt: Date.parse("2026-05-17T10:00:00.123Z"),
      },
    });
  });

  test.each([
    ["inbox/100%.csv", "inbox/100%25.csv", "inbox/100%.csv"],
    ["inbox/100%25.csv", "inbox/100%2525.csv", "inbox/100%25.csv"],
    ["inbox/a b.csv", "inbox/a b.csv", "inbox/a b.csv"],
    ["inbox/a%20b.csv", "inbox/a%20b.csv", "inbox/a b.csv"],
    ["inbox/100%.csv", "inbox/100%.csv", "inbox/100%.csv"],
    ["inbox/a?b#c.csv", "inbox/a%3Fb%23c.csv", "inbox/a?b#c.csv"],
    ["../../x", "../../x", "../../x"],
  ])("with subject %j and url %j means %j", (subjectPath, urlPath, path) => {
    expect(pathOf(event(subjectPath, urlPath))).toBe(path);
  });

  test("of path-style storage carries the account in its path", () => {
    const local = {
      data: { api: "PutBlob", eTag: "0x1", url: "http://127.0.0.1:10000/sluice/data/inbox/a.csv" },
    };
    expect(parseBlobEvent(event("inbox/a.csv", "", local))).toMatchObject({
      ok: true,
      change: { account: "sluice", path: "inbox/a.csv" },
    });
  });

  test("of a hierarchical account is read from its dfs host", () => {
    const data = {
      api: "FlushWithClose",
      eTag: "0x1",
      url: "https://sluice.dfs.core.windows.net/data/inbox/a.csv",
    };
    expect(parseBlobEvent(event("inbox/a.csv", "", { data }))).toMatchObject({
      ok: true,
      change: { account: "sluice" },
    });
  });

  test.each([
    event("inbox/a.csv", "inbox/b.csv"),
    event("x".repeat(1025), "x".repeat(1025)),
    event("a", "a", { subject: "" }),
    event("a", "a", { data: { eTag: "0x1", url: "https://sluice.blob.core.windows.net/other/a" } }),
    event("a", "a", { data: { eTag: "line\nbreak", url: "https://sluice.blob.core.windows.net/data/a" } }),
    event("a", "a", { data: { url: "https://sluice.blob.core.windows.net/data/a" } }),
    event("a", "a", { data: [1] }),
  ])("that contradicts itself or lacks a part is no change", (given) => {
    expect(parseBlobEvent(given).ok).toBe(false);
  });

  test("never throws, whatever it holds", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom("%", "%zz", "/", "https://", "//"),
    );
    const events = fc.record({
      id: fc.anything(),
      eventType: fc.anything(),
      subject: fc.anything(),
      data: fc.anything(),
    });
    fc.assert(
      fc.property(events, (given) => typeof parseBlobEvent(given as unknown as BlobEvent).ok === "boolean"),
    );
    fc.assert(
      fc.property(
        texts,
        texts,
        (subject, url) => typeof parseBlobEvent(event(subject, url)).ok === "boolean",
      ),
    );
  });

  test("gives back any name that storage encodes into its url", () => {
    const names = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 100 })
      .filter((name) => !name.startsWith("/"));
    fc.assert(
      fc.property(names, (name) => {
        const url = name.split("/").map(encodeURIComponent).join("/");
        expect(pathOf(event(name, url))).toBe(name);
      }),
    );
  });
});

describe("an ETag", () => {
  test.each([
    ['"0x8D4B"', "0x8D4B"],
    ["0x8D4B", "0x8D4B"],
    ['W/"0x8D4B"', "0x8D4B"],
    [' "0x8D4B" ', "0x8D4B"],
  ])("%j is %s", (given, expected) => {
    expect(normaliseEtag(given)).toBe(expected);
  });
});

describe("a folder", () => {
  test.each([
    ["", ""],
    ["/", ""],
    ["inbox", "inbox"],
    ["/inbox/2026/", "inbox/2026"],
    ["ä b", "ä b"],
  ])("%j is kept as %j", (given, expected) => {
    expect(normaliseFolder(given)).toBe(expected);
  });

  test.each(["a//b", "..", "a/../b", "./a", "a\\b", "a\nb", "x".repeat(1025), "/".repeat(100_000) + "x"])(
    "is refused when it could lead elsewhere",
    (given) => {
      expect(normaliseFolder(given)).toBeUndefined();
    },
  );
});
