/**
 * A pipeline as a person writes it into a JSON file: the definition, with folders in place of snapshots and with
 * defaults for what is usually the same.
 *
 * Defaults: a step's `id` is its name, `sourceDirectory` the file's own folder, `computeTarget` `local`, `allowReuse`
 * true, ports are mounted, outputs go to `workspaceblobstore`; lists are empty; a parameter without `defaultValue` has none.
 * A text in `arguments` is a literal argument.
 */
import { z } from "zod";
import type { ParameterDefinition, PipelineDefinition, StepDefinition } from "./definition";
import { parseDefinition, shapeProblems } from "./parseDefinition";
import type { Parsed } from "./problem";

export type AuthoredStep = Omit<StepDefinition, "snapshotId" | "hashedPaths"> & {
  /** Folder below that of the file, with forward slashes; `.` is the file's own. */
  readonly sourceDirectory: string;
  /**
   * Files and folders that make another step when they change, as all of the source directory does: absolute, or from
   * the source directory (v1's hash_paths).
   */
  readonly hashPaths: readonly string[];
};

export interface AuthoredPipeline {
  readonly name: string;
  readonly description: string;
  readonly version: string | null;
  readonly continueOnStepFailure: boolean | null;
  readonly parameters: readonly ParameterDefinition[];
  readonly steps: readonly AuthoredStep[];
}

/** Each source directory once, in the order of the steps. */
export function sourceDirectoriesOf({ steps }: AuthoredPipeline): readonly string[] {
  return [...new Set(steps.map(({ sourceDirectory }) => sourceDirectory))];
}

/** What only becomes known when the files are read. */
export interface AuthoredFiles {
  /** Id of the snapshot of a source directory. */
  readonly snapshotOf: (sourceDirectory: string) => string;
  /** SHA-256 in hex over what the hash paths of a source directory name; asked only for lists that are not empty. */
  readonly hashOf: (sourceDirectory: string, hashPaths: readonly string[]) => string;
}

/** The definition, once every source directory has its snapshot. */
export function definitionOfAuthored(
  { parameters, steps }: AuthoredPipeline,
  { snapshotOf, hashOf }: AuthoredFiles,
): PipelineDefinition {
  return {
    parameters,
    steps: steps.map(({ sourceDirectory, hashPaths, ...step }) => ({
      ...step,
      snapshotId: snapshotOf(sourceDirectory),
      hashedPaths: hashPaths.length === 0 ? null : hashOf(sourceDirectory, hashPaths),
    })),
  };
}

const sourceDirectory = z
  .string()
  .refine(isSourceDirectory, "a folder below that of the file, with forward slashes, or .");
const port = z.looseObject({});
const authoredStep = z.looseObject({
  name: z.string(),
  sourceDirectory: sourceDirectory.default("."),
  hashPaths: z.array(z.string().min(1)).default([]),
  arguments: z.array(z.union([z.string(), z.looseObject({ kind: z.string() })])).default([]),
  inputs: z.array(port).default([]),
  outputs: z.array(port).default([]),
});

const file = z.strictObject({
  name: z.string().min(1).max(255),
  description: z.string().default(""),
  version: z.string().nullable().default(null),
  continueOnStepFailure: z.boolean().nullable().default(null),
  parameters: z.array(port).default([]),
  steps: z.array(authoredStep),
});

type WrittenStep = z.infer<typeof authoredStep>;

/** Codes: those of `parseDefinition`. */
export function parseAuthoredPipeline(input: unknown): Parsed<AuthoredPipeline> {
  const written = file.safeParse(input);
  if (!written.success) return { ok: false, problems: shapeProblems(written.error, input) };
  const { parameters, steps, ...about } = written.data;
  const read = steps.map(({ sourceDirectory, hashPaths, ...step }) => ({
    beside: { sourceDirectory, hashPaths },
    step: withDefaults(step),
  }));
  const definition = parseDefinition({
    parameters: parameters.map((parameter) => ({ defaultValue: null, ...parameter })),
    steps: read.map(({ step }) => step),
  });
  if (!definition.ok) return definition;
  const authored = definition.value.steps.map((step, index) => ({
    ...step,
    ...(read[index]?.beside ?? { sourceDirectory: ".", hashPaths: [] }),
  }));
  return { ok: true, value: { ...about, parameters: definition.value.parameters, steps: authored } };
}

/** In the place of a snapshot's id until there is one. */
const noSnapshotYet = "none";

function withDefaults(written: Pick<WrittenStep, "name" | "arguments" | "inputs" | "outputs">): unknown {
  return {
    id: written.name,
    snapshotId: noSnapshotYet,
    parameters: [],
    environmentVariables: {},
    computeTarget: "local",
    allowReuse: true,
    regenerateOutput: false,
    runAfter: [],
    timeoutMs: null,
    ...written,
    arguments: written.arguments.map((argument) =>
      typeof argument === "string" ? { kind: "literal", value: argument } : argument,
    ),
    inputs: written.inputs.map((input) => ({ mode: "mount", ...input })),
    outputs: written.outputs.map((output) => ({
      datastore: "workspaceblobstore",
      mode: "mount",
      pipelineOutputName: null,
      ...output,
    })),
  };
}

export function isSourceDirectory(path: string): boolean {
  if (path === ".") return true;
  if (path === "" || /[\\\p{Cc}:]/u.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
