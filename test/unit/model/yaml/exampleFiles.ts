/** Example files in v1's formats that lie beside the clone on a developer's machine; they are not part of it. */
import { test } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(__dirname, "../../../../../shared/examples-yaml");

/** A test that needs them, and is skipped where they are not. */
export const testOfExamples: Pick<typeof test, "each"> & ((...args: Parameters<typeof test>) => void) =
  existsSync(folder) ? test : test.skip;

/** Text of one of them, or undefined when there is none of that name. */
export function findExampleFile(path: string): string | undefined {
  const file = join(folder, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

export function exampleFile(path: string): string {
  const text = findExampleFile(path);
  if (text === undefined) throw new Error(`there is no example file ${path}`);
  return text;
}
