/**
 * The gate that every pipeline definition comes through, whatever form it was written in: shape first, then the
 * rules of the graph. It establishes the invariants of `definition.ts`; all problems are reported at once.
 */
import { z } from "zod";
import { isDataPath, isDestination, isPlaceOnCompute } from "./dataPathRule";
import { runSettingNames, type PipelineDefinition } from "./definition";
import { graphProblems } from "./graphProblems";
import type { Parsed, Problem } from "./problem";
import { isSnapshotId } from "./snapshotTree";
import { pythonEnvironment } from "./pythonEnvironment";

/** More steps than any team has shown, few enough for one plan document and one decision. */
export const maxSteps = 10_000;

const portName = z.string().regex(/^[A-Za-z0-9_]{1,255}$/, "1 to 255 letters, digits and underscores");
const parameterName = z
  .string()
  .regex(/^[^\p{Cc}]{1,255}$/u, "1 to 255 characters, none of them control characters");
const stepId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "1 to 64 letters, digits, underscores and hyphens");
const displayName = z
  .string()
  .regex(/^[^\p{Cc}]{1,255}$/u, "1 to 255 characters, none of them control characters");
const literal = z.union([z.string().max(32_768), z.number(), z.boolean()]);
const dataPath = z
  .strictObject({ datastore: z.string(), path: z.string() })
  .refine(isDataPath, "a datastore's name and a path inside it, without empty, . or .. parts or backslashes");
const script = z
  .string()
  .max(1024)
  .refine(
    isScriptPath,
    "a path below the step's source directory, with forward slashes, without . or .. parts",
  );

const placeOnCompute = z
  .string()
  .max(1024)
  .refine(isPlaceOnCompute, "a path with forward slashes, without empty, . or .. parts")
  .nullable()
  .default(null);
const entityId = z.string().regex(/^[A-Za-z0-9._-]{1,255}$/, "an id of letters, digits, . _ or -");
const version = z.string().max(255).nullable().default(null);
const dataset = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("saved"), datasetId: entityId }),
  z.strictObject({ kind: z.literal("registered"), datasetId: entityId, version }),
  z.strictObject({ kind: z.literal("named"), name: displayName, version }),
]);

const parameter = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("literal"),
    name: parameterName,
    type: z.enum(["string", "int", "float", "bool"]),
    defaultValue: literal.nullable(),
  }),
  z.strictObject({ kind: z.literal("dataPath"), name: parameterName, defaultValue: dataPath.nullable() }),
  z.strictObject({ kind: z.literal("dataset"), name: parameterName, defaultValue: dataset.nullable() }),
]);

const source = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("stepOutput"), stepId, port: portName }),
  z.strictObject({ kind: z.literal("dataReference"), dataPath }),
  z.strictObject({ kind: z.literal("dataPathParameter"), parameter: parameterName }),
  z.strictObject({ kind: z.literal("dataset"), dataset }),
  z.strictObject({ kind: z.literal("datasetParameter"), parameter: parameterName }),
]);

const value = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("literal"), value: literal }),
  z.strictObject({ kind: z.literal("pipelineParameter"), parameter: parameterName }),
]);

const input = z.strictObject({
  name: portName,
  mode: z.enum(["mount", "download", "direct"]),
  source,
  pathOnCompute: placeOnCompute,
  overwrite: z.boolean().default(false),
});

const destination = z.strictObject({
  path: z
    .string()
    .min(1)
    .refine(
      isDestination,
      "a path inside the datastore, with no other placeholders than {run-id} and {output-name}",
    ),
  sourceGlobs: z.array(z.string().min(1).max(1024)).max(1000).default([]),
});

const registration = z.strictObject({
  name: displayName,
  description: z.string().max(8192).default(""),
  tags: z.record(z.string(), z.string()).default({}),
});

const output = z.strictObject({
  name: portName,
  datastore: z.string().min(1),
  mode: z.enum(["mount", "upload"]),
  pathOnCompute: placeOnCompute,
  overwrite: z.boolean().default(false),
  destination: destination.nullable().default(null),
  registerAs: registration.nullable().default(null),
  pipelineOutputName: displayName.nullable(),
});

const longestMs = 30 * 24 * 3_600_000;

const retries = z.strictObject({
  maxRetries: z.int().min(1).max(100),
  intervalMs: z.int().min(0).max(longestMs),
  backoffFactor: z.number().min(1).max(100),
  on: z.array(z.enum(["failed", "timeout", "lost"])).min(1),
});

const argument = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("literal"), value: z.string().max(32_768) }),
  z.strictObject({ kind: z.literal("input"), port: portName }),
  z.strictObject({ kind: z.literal("output"), port: portName }),
  z.strictObject({ kind: z.literal("parameter"), name: parameterName }),
]);

const step = z.strictObject({
  id: stepId,
  name: displayName,
  description: z.string().max(8192).default(""),
  version,
  module: z.strictObject({ moduleId: entityId, version }).nullable().default(null),
  snapshotId: z.string().refine(isSnapshotId, "the id of a snapshot"),
  hashedPaths: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "a SHA-256 in hex")
    .nullable()
    .default(null),
  script,
  arguments: z.array(argument).max(1000),
  inputs: z.array(input),
  outputs: z.array(output),
  parameters: z.array(z.strictObject({ name: parameterName, value })),
  runSettings: z.array(z.strictObject({ name: z.enum(runSettingNames), value })).default([]),
  environmentVariables: z.record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a variable's name"),
    z.string().max(32_768),
  ),
  pythonEnvironment: pythonEnvironment.nullable().default(null),
  computeTarget: z.string().min(1).max(255),
  allowReuse: z.boolean(),
  regenerateOutput: z.boolean().default(false),
  runAfter: z.array(stepId),
  timeoutMs: z.number().int().positive().max(longestMs).nullable(),
  retries: retries.nullable().default(null),
});

const shape = z.strictObject({
  parameters: z.array(parameter).max(1000),
  steps: z.array(step).max(maxSteps),
});

/** Codes: `InvalidDefinition` for the shape, and those of `graphProblems`. */
export function parseDefinition(input: unknown): Parsed<PipelineDefinition> {
  const parsed = shape.safeParse(input);
  if (!parsed.success) return { ok: false, problems: shapeProblems(parsed.error, input) };
  const problems = graphProblems(parsed.data);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: parsed.data };
}

/**
 * A stored definition, with what its version of the app did not know yet as it was meant then. Throws when the
 * document never was a definition.
 */
export function readDefinition(document: unknown): PipelineDefinition {
  return shape.parse(document);
}

/** What is wrong with the shape of `input`, in the words of a definition. */
export function shapeProblems(error: z.core.$ZodError, input: unknown): readonly Problem[] {
  return error.issues.map((issue) => shapeProblem(issue, input));
}

function shapeProblem(issue: z.core.$ZodIssue, input: unknown): Problem {
  const found = valueAt(input, issue.path);
  const received = found === undefined ? "nothing" : JSON.stringify(found);
  return {
    code: "InvalidDefinition",
    field: fieldOf(issue.path, input),
    expected: issue.message,
    received: received.slice(0, 200),
  };
}

/** `steps.train.inputs.prepared.mode`: entries of lists by their name or id where they have one. */
function fieldOf(path: readonly PropertyKey[], input: unknown): string {
  return path.map((key, depth) => nameOf(valueAt(input, path.slice(0, depth + 1)), key)).join(".");
}

function nameOf(value: unknown, key: PropertyKey): string {
  if (typeof key !== "number" || typeof value !== "object" || value === null) return String(key);
  const named = "name" in value ? value.name : "id" in value ? value.id : undefined;
  return typeof named === "string" && named !== "" ? named.slice(0, 80) : String(key);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function isScriptPath(path: string): boolean {
  if (path === "" || /[\\\p{Cc}:]/u.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
