/**
 * Reads one YAML file by a schema: values that do not fit are errors, keys that the schema does not know are errors in
 * a file that promises to be ours and warnings in any other, since v1 looks at known keys only.
 * Source: spec azureml-v1-yaml.md §6.1, §6.3.
 */
import { z } from "zod";
import type { FileProblem } from "./fileProblem";
import { nearestKey } from "./nearestKey";
import { keyPositionOf, nodeAt, plainOf, positionOf, type YamlNode, type YamlPath } from "./yamlNode";

/** An object of exactly these keys. Its complaint about another key lists them, for `YamlReader`. */
export function keys<S extends z.ZodRawShape>(shape: S) {
  const known = Object.keys(shape).join(",");
  return z.strictObject(shape, {
    error: ({ code }) => (code === "unrecognized_keys" ? known : "a map"),
  });
}

type Severity = FileProblem["severity"];

export class YamlReader {
  readonly problems: FileProblem[] = [];

  /** `isOurs`: unknown keys are errors. */
  constructor(
    readonly file: string,
    readonly root: YamlNode,
    private readonly isOurs: boolean,
  ) {}

  error(code: string, path: YamlPath, expected: string, received: string): void {
    this.report("error", code, path, expected, received);
  }

  warn(code: string, path: YamlPath, expected: string, received: string): void {
    this.report("warning", code, path, expected, received);
  }

  /** What v1 swallows: worth a warning, and an error in a file that promises to be ours. */
  swallowed(code: string, path: YamlPath, expected: string, received: string): void {
    this.report(this.isOurs ? "error" : "warning", code, path, expected, received);
  }

  /** What stands at `base`. Code: `InvalidFile`; `UnknownKey` for a key. Undefined when a value does not fit. */
  read<T>(schema: z.ZodType<T>, base: YamlPath = []): T | undefined {
    const node = nodeAt(this.root, base);
    const plain = node === undefined ? undefined : plainOf(node);
    const first = schema.safeParse(plain);
    if (first.success) return first.data;
    const unknown = first.error.issues.filter((issue) => issue.code === "unrecognized_keys");
    for (const { path, keys: names, message } of unknown) {
      for (const name of names) {
        this.unknownKey([...base, ...pathOf(path), name], message.split(","));
        remove(plain, path, name);
      }
    }
    const second = unknown.length === 0 ? first : schema.safeParse(plain);
    if (second.success) return second.data;
    for (const issue of second.error.issues) this.wrongValue(issue, base, plain);
    return undefined;
  }

  private unknownKey(path: YamlPath, known: readonly string[]): void {
    const key = String(path.at(-1));
    const nearest = nearestKey(key, known);
    const expected = nearest === undefined ? `one of: ${known.join(", ")}` : `${nearest}, which is close`;
    this.add(
      this.isOurs ? "error" : "warning",
      "UnknownKey",
      path,
      keyPositionOf(this.root, path),
      expected,
      key,
    );
  }

  private wrongValue(issue: z.core.$ZodIssue, base: YamlPath, plain: unknown): void {
    const path = pathOf(issue.path);
    const found = path.reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      plain,
    );
    this.error("InvalidFile", [...base, ...path], expectation(issue), received(found));
  }

  private report(severity: Severity, code: string, path: YamlPath, expected: string, got: string): void {
    this.add(severity, code, path, positionOf(this.root, path), expected, got);
  }

  private add(
    severity: Severity,
    code: string,
    path: YamlPath,
    position: { readonly line: number; readonly column: number },
    expected: string,
    got: string,
  ): void {
    const field = path.join(".");
    this.problems.push({
      code,
      file: this.file,
      ...position,
      field,
      expected,
      received: got.slice(0, 200),
      severity,
    });
  }
}

const pathOf = (path: readonly PropertyKey[]): YamlPath =>
  path.map((part) => (typeof part === "number" ? part : String(part)));

function remove(plain: unknown, path: readonly PropertyKey[], name: string): void {
  let value = plain;
  for (const part of path) value = (value as Record<PropertyKey, unknown>)[part];
  // The plain copy is the reader's own, so nobody else sees the key go.
  Reflect.deleteProperty(value as object, name);
}

const words: Readonly<Record<string, string>> = {
  string: "a text; put quotes around a number, true or false",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  record: "a map",
  object: "a map",
};

/** Words for a schema that has none of its own. */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) {
    return words[issue.expected] ?? issue.expected;
  }
  if (issue.code === "too_small") {
    return issue.origin === "number" || issue.origin === "int"
      ? `a number from ${String(issue.minimum)} on`
      : "something that is not empty";
  }
  if (issue.code === "invalid_value" && issue.message.startsWith("Invalid ")) {
    return `one of: ${issue.values.map(String).join(", ")}`;
  }
  if (issue.code === "invalid_union" && issue.message === "Invalid input") {
    return [...new Set(issue.errors.flatMap((branch) => branch.slice(0, 1).map(expectation)))].join(" or ");
  }
  return issue.message;
}

function received(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : JSON.stringify(value);
}
