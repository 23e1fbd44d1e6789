import { expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isErrorCode } from "../../../src/api/errorCatalogue";

const rooms = ["contract", "model", "data", "compute", "pipelines", "runs", "schedules", "api"];

/** Every problem code that the rooms can say, read from their sources. */
function saidCodes(): readonly string[] {
  const files = rooms.flatMap((room) => {
    const folder = join(__dirname, "../../../src", room);
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(folder, name), "utf8"));
  });
  const codes = files.flatMap((text) =>
    [
      ...text.matchAll(
        /\bcode: "([A-Z][A-Za-z]+)"|\b(?:notFound|disabled|problem|refuse)\(\s*"([A-Z][A-Za-z]+)"/g,
      ),
    ].map(([, plain, passed]) => plain ?? passed ?? ""),
  );
  return [...new Set(codes)].sort();
}

/** Said by the configuration and by readers of files, which have no caller to refuse. */
const neverAnswered = ["SettingMissing", "InvalidYaml"];

test("every code that a room says is in the catalogue, or a caller's mistake would look like a defect", () => {
  const codes = saidCodes();
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !isErrorCode(code) && !neverAnswered.includes(code))).toEqual([]);
});
