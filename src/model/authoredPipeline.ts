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

export type AuthoredStep = Omit<StepDefinition, "snapshotId"> & {
  /** Folder below that of the file, with forward slashes; `.` is the file's own. */
  readonly sourceDirectory: string;
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

/** The definition, once every source directory has its snapshot. */
export function definitionOfAuthored(
  { parameters, steps }: AuthoredPipeline,
  snapshotOf: (sourceDirectory: string) => string,
): PipelineDefinition {
  return {
    parameters,
    steps: steps.map(({ sourceDirectory, ...step }) => ({
      ...step,
      snapshotId: snapshotOf(sourceDirectory),
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
  const read = steps.map(({ sourceDirectory, ...step }) => ({ sourceDirectory, step: withDefaults(step) }));
  const definition = parseDefinition({
    parameters: parameters.map((parameter) => ({ defaultValue: null, ...parameter })),
    steps: read.map(({ step }) => step),
  });
  if (!definition.ok) return definition;
  const authored = definition.value.steps.map((step, index) => ({
    ...step,
    sourceDirectory: read[index]?.sourceDirectory ?? ".",
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

function isSourceDirectory(path: string): boolean {
  if (path === ".") return true;
  if (path === "" || /[\\\p{Cc}:]/u.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
