import { describe, expect, test } from "@jest/globals";
import { blobPath } from "../../../src/cli/commands/upload";
import { nextFullHour } from "../../../src/cli/example/createExample";
import { nextCommands } from "../../../src/cli/example/nextCommands";

const here = {
  shell: "posix" as const,
  platform: "linux",
  appFolder: "/home/a/sluice",
  dataFolder: undefined,
  seesUploads: true,
};
const commands = (userFolder: string, dataFolder?: string): readonly string[] =>
  nextCommands("http://127.0.0.1:7071/x", { ...here, userFolder, dataFolder }).map(({ command }) => command);

describe("nextCommands", () => {
  test("are short in the clone's own folder", () => {
    const [submit, upload, runs] = commands("/home/a/sluice");
    expect(submit).toContain("$(node bin/sluice.mjs token)");
    expect(upload).toBe("node bin/sluice.mjs upload examples/tumour/data/second_batch.csv --to inbox/");
    expect(runs).toBe("node bin/sluice.mjs runs");
  });

  test("work from where the user stands, also outside the clone", () => {
    expect(commands("/home/a")[2]).toBe("node sluice/bin/sluice.mjs runs");
    expect(commands("/home/b")[2]).toBe("node /home/a/sluice/bin/sluice.mjs runs");
  });

  test("name the data folder when it is not the usual one, quoted", () => {
    expect(commands("/home/a/sluice", "/data/my runs")[2]).toBe(
      "node bin/sluice.mjs runs --data '/data/my runs'",
    );
  });
});

test("an upload promises no run when the storage does not tell of it", () => {
  const [, upload] = nextCommands("http://x", { ...here, userFolder: "/home/a/sluice", seesUploads: false });
  expect(upload?.purpose).toContain("no run starts");
});

describe("blobPath", () => {
  test.each([
    ["inbox/", "inbox/a.csv"],
    ["/inbox/", "inbox/a.csv"],
    ["inbox/b.csv", "inbox/b.csv"],
    ["", "a.csv"],
  ])("puts a.csv to %j as %s", (target, path) => {
    expect(blobPath(target, "a.csv")).toBe(path);
  });
});

describe("nextFullHour", () => {
  test("is never now, so that a new schedule does not fire for the past", () => {
    expect(nextFullHour(new Date("2026-11-21T10:00:00Z"))).toBe("2026-11-21T11:00:00");
    expect(nextFullHour(new Date("2026-12-31T23:59:59.999Z"))).toBe("2027-01-01T00:00:00");
  });
});
