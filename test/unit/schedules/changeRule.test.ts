import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseChangeFilter } from "../../../src/schedules/changeFilter";
import {
  decideChange,
  foldersOf,
  normaliseEtag,
  normaliseFolder,
  parseBlobEvent,
  type BlobChange,
  type ChangeDecision,
  type StandingWatch,
} from "../../../src/schedules/changeRule";
import { compareListing, type ListedBlob } from "../../../src/schedules/compareListing";
import { v1ChangeFilter, type BlobEvent, type ChangeFilter } from "../../../src/schedules/schedules";

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
  blobType: "BlockBlob",
  size: 3,
};
/** What v1 does about a change. */
const decide = (watch: StandingWatch, change: BlobChange): ChangeDecision =>
  decideChange(watch, v1ChangeFilter, change);

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
    expect(decide(watch, change)).toEqual({ kind: "fire" });
    expect(decide({ ...watch, folder: "" }, { ...change, path: "a.csv" })).toEqual({ kind: "fire" });
    expect(decide(watch, { ...change, changedAt: null })).toEqual({ kind: "fire" });
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
    expect(decide(watch, { ...change, ...changed })).toEqual({ kind: "ignore", reason });
  });

  test("watching the root ignores blobs in folders", () => {
    const decision = decide({ ...watch, folder: "" }, change);
    expect(decision).toEqual({ kind: "ignore", reason: "in a sub-folder of the watched folder" });
  });
});

describe("a filter", () => {
  const filtered = (filter: Partial<ChangeFilter>, changed: Partial<BlobChange>): string => {
    const decision = decideChange(watch, { ...v1ChangeFilter, ...filter }, { ...change, ...changed });
    return decision.kind === "ignore" ? decision.reason : decision.kind;
  };

  test("lets sub-folders in as deep as it says", () => {
    const deep = { path: "inbox/a/b/c.csv" };
    expect(filtered({ depth: 1 }, deep)).toBe("in a sub-folder of the watched folder");
    expect(filtered({ depth: 2 }, deep)).toBe("fire");
    expect(filtered({ depth: "all" }, deep)).toBe("fire");
  });

  test("takes globs on the name, or on the path below the folder where they have a slash", () => {
    const path = "inbox/2026/.hidden.csv";
    const all = { depth: "all" } as const;
    expect(filtered({ ...all, include: ["*.csv"] }, { path })).toBe("fire");
    expect(filtered({ ...all, include: ["2026/*"] }, { path })).toBe("fire");
    expect(filtered({ ...all, include: ["2025/**", "*.txt"] }, { path })).toBe("not included");
    expect(filtered({ ...all, include: ["**/*.csv"], exclude: [".*"] }, { path })).toBe("excluded");
    expect(filtered({ include: ["inbox/*"] }, {})).toBe("not included");
  });

  test("leaves out what is empty or too small, where the size is known", () => {
    expect(filtered({ ignoreEmpty: true }, { size: 0 })).toBe("empty");
    expect(filtered({ minimumBytes: 4 }, { size: 3 })).toBe("smaller than the minimum");
    expect(filtered({ minimumBytes: 3, ignoreEmpty: true }, { size: 3 })).toBe("fire");
    expect(filtered({ minimumBytes: 4 }, { size: null })).toBe("fire");
    expect(filtered({}, { size: 0 })).toBe("fire");
  });

  test("makes blobs settle as long as it says, append blobs for a minute where it says nothing", () => {
    const settle = (filter: Partial<ChangeFilter>, blobType: string) =>
      decideChange(watch, { ...v1ChangeFilter, ...filter }, { ...change, blobType });
    expect(settle({}, "AppendBlob")).toEqual({ kind: "settle", settleMs: 60_000 });
    expect(settle({ settleSeconds: 0 }, "AppendBlob")).toEqual({ kind: "fire" });
    expect(settle({ settleSeconds: 5 }, "BlockBlob")).toEqual({ kind: "settle", settleMs: 5_000 });
  });

  test("is refused with all that is wrong with it, and is v1's where nothing is said", () => {
    expect(parseChangeFilter({ depth: null })).toEqual({ ok: true, value: v1ChangeFilter });
    const wrong = {
      depth: -1,
      include: "*.csv",
      exclude: [""],
      minimumBytes: 0.5,
      ignoreEmpty: 1,
      settleSeconds: 1e9,
      ownWrites: "no",
    };
    const refused = parseChangeFilter(wrong);
    expect(refused.ok ? [] : refused.problems.map(({ field }) => field)).toEqual([
      "depth",
      "include",
      "exclude",
      "minimum_bytes",
      "ignore_empty",
      "settle_seconds",
      "own_writes",
    ]);
  });

  test("is refused when its globs are more than a row holds", () => {
    const include = Array.from({ length: 50 }, () => "x".repeat(500));
    expect(parseChangeFilter({ include })).toMatchObject({ ok: false, problems: [{ field: "include" }] });
  });
});

test("a blob's folders are named from its own up to the root", () => {
  expect(foldersOf("a/b/c.csv")).toEqual(["a/b", "a", ""]);
  expect(foldersOf("c.csv")).toEqual([""]);
});

describe("a listing", () => {
  const blob = (path: string, changed: Partial<ListedBlob> = {}): ListedBlob => ({
    path,
    etag: "1",
    md5: "m",
    size: 1,
    createdAt: 1_000,
    modifiedAt: 5_000,
    blobType: "BlockBlob",
    ...changed,
  });
  const paths = (blobs: readonly ListedBlob[]): string[] => blobs.map(({ path }) => path);

  test("that is the first is the baseline, but for what changed since the schedule watched", () => {
    const listed = [
      blob("old"),
      blob("same second", { modifiedAt: 6_000 }),
      blob("new", { modifiedAt: 7_000 }),
    ];
    const { changed, isDifferent } = compareListing(undefined, listed, 6_500);
    expect([paths(changed), isDifferent]).toEqual([["new"], true]);
  });

  test("shows what is new or has another ETag, and not what is as it was or gone", () => {
    const before = [blob("a"), blob("b"), blob("c")];
    const now = [blob("a"), blob("b", { etag: "2", md5: "n" }), blob("d")];
    const { changed, metadataOnly, isDifferent } = compareListing(before, now, 0);
    expect([paths(changed), metadataOnly, isDifferent]).toEqual([["b", "d"], [], true]);
    expect(compareListing(before, before, 0).isDifferent).toBe(false);
    expect(compareListing(before, [blob("a"), blob("b")], 0)).toMatchObject({
      changed: [],
      isDifferent: true,
    });
  });

  test.each([
    [{}, true],
    [{ md5: "n" }, false],
    [{ size: 2 }, false],
    [{ createdAt: 2_000 }, false],
  ])("with a new ETag and %j is a change of metadata only: %s", (changed, isMetadata) => {
    const result = compareListing([blob("a")], [blob("a", { etag: "2", ...changed })], 0);
    expect([result.changed.length, result.metadataOnly.length]).toEqual(isMetadata ? [0, 1] : [1, 0]);
  });

  test("without checksums cannot tell metadata from content, and takes it for a change", () => {
    const bare = blob("a", { md5: "" });
    expect(compareListing([bare], [{ ...bare, etag: "2" }], 0).changed).toHaveLength(1);
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
        blobType: "",
        size: null,
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

  test("says the type and size of the blob where it has them", () => {
    const data = { ...(event("a", "a").data as object), blobType: "AppendBlob", contentLength: 7 };
    expect(parseBlobEvent(event("a", "a", { data }))).toMatchObject({
      change: { blobType: "AppendBlob", size: 7 },
    });
    const odd = { ...data, contentLength: "7" };
    expect(parseBlobEvent(event("a", "a", { data: odd }))).toMatchObject({ change: { size: null } });
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
