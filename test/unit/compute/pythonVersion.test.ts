import { expect, test } from "@jest/globals";
import { compareVersions, isNamedRelease, versionAnswers } from "../../../src/compute/local/pythonVersion";

test.each([
  ["3", "3.12.1", true],
  ["3.1", "3.10.4", false],
  ["3.10", "3.10.4", true],
  ["3.10.*", "3.10.4", true],
  ["3.10.9", "3.10.4", true],
  ["==3.10.9", "3.10.4", true],
  ["=3.9", "3.10.4", false],
  [">=3.9,<3.11", "3.10.4", true],
  [">=3.9,<3.11", "3.11.0", false],
  [">3.10", "3.10.4", true],
  ["<=3.10", "3.10.4", false],
  ["~=3.9", "3.12.0", true],
  ["~=3.10.2", "3.11.0", false],
  ["!=3.10.*", "3.10.4", false],
  ["three", "3.10.4", false],
])("%s is answered by %s: %p", (specifier, version, answers) => {
  expect(versionAnswers(specifier, version)).toBe(answers);
});

test("knows the named release from another one of its series", () => {
  expect(isNamedRelease("3.10.9", "3.10.9")).toBe(true);
  expect(isNamedRelease("==3.10.9", "3.10.4")).toBe(false);
  expect(isNamedRelease("3.10", "3.10.4")).toBe(true);
});

test("orders by numbers, not by letters", () => {
  expect(["3.9.18", "3.10.1", "3.8.18"].sort(compareVersions)).toEqual(["3.8.18", "3.9.18", "3.10.1"]);
});
