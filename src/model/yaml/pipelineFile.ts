/**
 * The pipeline file as a person writes it: v1's keys, and the keys that Sluice adds to them. The published JSON Schema is
 * made of this one. Null and a missing key mean the same everywhere.
 * Source: spec azureml-v1-yaml.md §1.1–1.7, §6.2.
 */
import { z } from "zod";
import { keys } from "./yamlReader";

const text = z.string();
const flag = z.boolean();
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const names = z.record(z.string(), z.string());
const maybe = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);
const mapOf = <T extends z.ZodType>(type: T) => z.record(z.string(), type);

const dataPath = keys({ datastore: text, path_on_datastore: text, name: maybe(text) });
const literalParameter = <T extends string>(type: T) =>
  keys({ type: z.literal(type), default: maybe(scalar), description: maybe(text) });

const parameter = z.discriminatedUnion(
  "type",
  [
    literalParameter("string"),
    literalParameter("int"),
    literalParameter("float"),
    literalParameter("bool"),
    keys({ type: z.literal("datapath"), default: maybe(dataPath), description: maybe(text) }),
    keys({
      type: z.literal("dataset"),
      default: maybe(keys({ dataset_id: maybe(text), dataset_name: maybe(text), version: maybe(text) })),
      description: maybe(text),
    }),
  ],
  { error: "one of: string, int, float, bool, datapath, dataset" },
);

const dataReference = keys({
  datastore: maybe(text),
  path_on_datastore: maybe(text),
  dataset_name: maybe(text),
  dataset_id: maybe(text),
  sql_table: maybe(text),
  sql_query: maybe(text),
  sql_stored_procedure: maybe(text),
  sql_stored_procedure_params: maybe(mapOf(z.unknown())),
});

const input = keys({
  source: text,
  bind_mode: maybe(z.enum(["mount", "download", "direct"])),
  type: maybe(z.enum(["mount", "download"])),
  path_on_compute: maybe(text),
  overwrite: maybe(flag),
  version: maybe(text),
});

const output = keys({
  destination: text,
  datastore: maybe(text),
  bind_mode: maybe(z.enum(["mount", "upload"])),
  type: maybe(z.enum(["mount", "upload"])),
  path_on_compute: maybe(text),
  overwrite: maybe(flag),
  as_dataset: maybe(flag),
  pipeline_output_name: maybe(text),
  register_as: maybe(keys({ name: text, description: maybe(text), tags: maybe(names) })),
});

const value = z.union([scalar, keys({ source: text })], {
  error: "a text, a number, true, false, or a map with the key source alone",
});

const retries = keys({
  max: z.int().min(1),
  delay_seconds: maybe(z.number().min(0)),
  backoff: maybe(z.number().min(1)),
  on: maybe(z.array(z.enum(["failed", "timeout", "lost"])).min(1)),
});

const common = {
  name: maybe(text),
  description: maybe(text),
  compute: maybe(text),
  runconfig: maybe(text),
  /** By the names of `runSettingNames`. */
  runconfig_parameters: maybe(mapOf(keys({ source: text }))),
  parameters: maybe(mapOf(value)),
  inputs: maybe(mapOf(input)),
  outputs: maybe(mapOf(output)),
  arguments: maybe(z.array(scalar, { error: "a list of texts and numbers" })),
  source_directory: maybe(text),
  allow_reuse: maybe(flag),
  version: maybe(text),
  hash_paths: maybe(z.array(text, { error: "a list of texts" })),
  timeout_seconds: maybe(z.int().min(1)),
  retries: maybe(retries),
  environment_variables: maybe(mapOf(scalar)),
  run_after: maybe(z.array(text, { error: "a list of step keys" })),
};

/** Read by v1 for every type and of no meaning for this one. */
const ofOtherTypes = {
  priority: maybe(z.int()),
  degree_of_parallelism: maybe(z.int()),
  runtime_version: maybe(text),
};

const pythonStep = keys({
  type: z.literal("PythonScriptStep"),
  script_name: text,
  ...common,
  ...ofOtherTypes,
});

/** Types that load in v1 and do not run here, with what to write instead. Their keys are not looked at. */
export const otherStepTypes = {
  ModuleStep: "a PythonScriptStep with the module's script and source_directory",
  ParallelRunStep: "a PythonScriptStep that goes through its input itself",
  AdlaStep: "a PythonScriptStep that submits the U-SQL job",
  DatabricksStep: "a PythonScriptStep that starts the Databricks run",
  DataTransferStep: "a PythonScriptStep that copies its input to its output",
  AzureBatchStep: "a PythonScriptStep that starts the executable",
} as const;

const otherStep = <T extends keyof typeof otherStepTypes>(type: T) =>
  z.looseObject({ type: z.literal(type) });

const step = z.discriminatedUnion(
  "type",
  [
    pythonStep,
    otherStep("ModuleStep"),
    otherStep("ParallelRunStep"),
    otherStep("AdlaStep"),
    otherStep("DatabricksStep"),
    otherStep("DataTransferStep"),
    otherStep("AzureBatchStep"),
  ],
  { error: `one of: PythonScriptStep, ${Object.keys(otherStepTypes).join(", ")}` },
);

const pipeline = keys({
  name: maybe(text),
  description: maybe(text),
  parameters: maybe(mapOf(parameter)),
  data_references: maybe(mapOf(dataReference)),
  default_compute: maybe(text),
  steps: z.record(z.string(), step, { error: "a map of steps" }),
  default_datastore: maybe(text),
  default_source_directory: maybe(text),
  version: maybe(text),
  continue_on_step_failure: maybe(flag),
  environment_variables: maybe(mapOf(scalar)),
});

/** Other keys of the root mean nothing: v1's users keep their anchors there. */
export const pipelineFile = z.looseObject({
  sluice: maybe(keys({ format: z.literal(1) })),
  pipeline,
});

export type PipelineFile = z.infer<typeof pipelineFile>["pipeline"];
export type StepOfFile = PipelineFile["steps"][string];
export type PythonStepOfFile = Extract<StepOfFile, { readonly type: "PythonScriptStep" }>;
export type InputOfFile = z.infer<typeof input>;
export type OutputOfFile = z.infer<typeof output>;
export type ParameterOfFile = z.infer<typeof parameter>;
export type ValueOfFile = z.infer<typeof value>;
