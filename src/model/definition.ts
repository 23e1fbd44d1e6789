/**
 * The one internal pipeline definition: what a published pipeline is, whatever way it came in. It mirrors
 * v1's uploaded graph (modules, data-source nodes, edges) with the edges folded into the ports that they
 * end in, so that an input without a source, or with two, cannot be written.
 *
 * Invariants (established by `parseDefinition`, trusted everywhere else):
 * 1. Step ids are unique; step names may repeat.
 * 2. Every `stepOutput` source and every `runAfter` entry names an existing step and port.
 * 3. The graph has no cycle.
 * 4. Every referenced pipeline parameter exists and has the kind that its use needs.
 * 5. Every argument names a port or parameter of its own step.
 * 6. Pipeline output names are unique.
 * 7. A port says only what its mode can do: overwriting belongs to `download` and `upload`, globs to `upload`, and
 *    `direct` has no place on the compute target.
 */

import type { PythonEnvironment } from "./pythonEnvironment";

/** A place in a datastore: the datastore's name and a path below its container's root, without a leading slash. */
export interface DataPath {
  readonly datastore: string;
  readonly path: string;
}

/**
 * A dataset as a graph names it. `saved`: one immutable dataset, by its id. `registered` and `named`: a version of a
 * registered dataset, by the id of the registration or by its name; `version` null = the latest when a run is submitted.
 */
export type DatasetReference =
  | { readonly kind: "saved"; readonly datasetId: string }
  | { readonly kind: "registered"; readonly datasetId: string; readonly version: string | null }
  | { readonly kind: "named"; readonly name: string; readonly version: string | null };

export type LiteralValue = string | number | boolean;
export type LiteralType = "string" | "int" | "float" | "bool";

/** A value that may change per run. A literal without a default must be assigned by each submission. */
export type ParameterDefinition =
  | {
      readonly kind: "literal";
      readonly name: string;
      readonly type: LiteralType;
      readonly defaultValue: LiteralValue | null;
    }
  | { readonly kind: "dataPath"; readonly name: string; readonly defaultValue: DataPath | null }
  | { readonly kind: "dataset"; readonly name: string; readonly defaultValue: DatasetReference | null };

export type InputSource =
  | { readonly kind: "stepOutput"; readonly stepId: string; readonly port: string }
  | { readonly kind: "dataReference"; readonly dataPath: DataPath }
  | { readonly kind: "dataPathParameter"; readonly parameter: string }
  /** The port's name is the name under which the script finds the dataset in `input_datasets`. */
  | { readonly kind: "dataset"; readonly dataset: DatasetReference }
  | { readonly kind: "datasetParameter"; readonly parameter: string };

/**
 * How a script receives an input: `mount` and `download` give it a local path, `direct` the URI of a place, or the id
 * of a dataset, as text.
 */
export type InputMode = "mount" | "download" | "direct";
export type OutputMode = "mount" | "upload";

export interface InputPort {
  readonly name: string;
  readonly mode: InputMode;
  readonly source: InputSource;
  /**
   * Where a `mount` or `download` puts the data: a path below the directory that the script starts in, with forward
   * slashes, or an absolute one. Null = the compute target chooses.
   */
  readonly pathOnCompute: string | null;
  /** Whether a `download` replaces files that are there already. */
  readonly overwrite: boolean;
}

/** Chosen place of an output's blobs (v1's OutputFileDatasetConfig). */
export interface OutputDestination {
  /**
   * Path below the datastore's root in which `{run-id}` stands for the id of the step run and `{output-name}` for the
   * port's name; no leading slash.
   */
  readonly path: string;
  /** `upload` only: files that go up, as globs relative to the output's folder. Empty = all. */
  readonly sourceGlobs: readonly string[];
}

/** Registers the output as a dataset, as a new version of that name, once the step has finished. */
export interface DatasetRegistration {
  readonly name: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface OutputPort {
  readonly name: string;
  /** Datastore that keeps the output. */
  readonly datastore: string;
  /** `mount`: every file that the script leaves there. `upload`: the same, but only once the script ended well. */
  readonly mode: OutputMode;
  /** The local folder, with `upload` also a file, that the script writes; as `InputPort.pathOnCompute`. */
  readonly pathOnCompute: string | null;
  /** `upload` only: whether blobs that are there already are replaced. */
  readonly overwrite: boolean;
  /** Null = the blobs live below `azureml/<step run id>/<port name>/`. */
  readonly destination: OutputDestination | null;
  readonly registerAs: DatasetRegistration | null;
  /** Name under which the pipeline run exposes it, or null. */
  readonly pipelineOutputName: string | null;
}

/** A value that stands in the graph, or that of a literal pipeline parameter. */
export type ParameterValue =
  | { readonly kind: "literal"; readonly value: LiteralValue }
  | { readonly kind: "pipelineParameter"; readonly parameter: string };

/** A step's own parameter, exported to the script as `AML_PARAMETER_<name>`. */
export interface StepParameter {
  readonly name: string;
  readonly value: ParameterValue;
}

/** Those run configuration values that a pipeline parameter may choose (v1's `runconfig_pipeline_params`). */
export const runSettingNames = [
  "NodeCount",
  "MpiProcessCountPerNode",
  "TensorflowWorkerCount",
  "TensorflowParameterServerCount",
] as const;
export type RunSettingName = (typeof runSettingNames)[number];

/** How many nodes or processes a step asks for; what is not said is one, or the target's own choice. */
export interface RunSetting {
  readonly name: RunSettingName;
  readonly value: ParameterValue;
}

/** What may go wrong with an attempt: its process ends with another code than 0, runs too long, or vanishes. */
export type RetryCause = "failed" | "timeout" | "lost";

/** When a step that went wrong is tried anew. Source: spec azureml-v1-yaml.md §6.2. */
export interface RetryPolicy {
  /** Attempts after the first. */
  readonly maxRetries: number;
  /** Wait before the first retry, in milliseconds. */
  readonly intervalMs: number;
  /** What the wait is multiplied by from one retry to the next; 1 = it stays the same. */
  readonly backoffFactor: number;
  readonly on: readonly RetryCause[];
}

/** The version of a reusable module that a step is made of (v1's ModuleStep). */
export interface ModuleReference {
  readonly moduleId: string;
  readonly version: string | null;
}

/** One command-line argument; an input or output stands for its local path, a parameter for its value. */
export type StepArgument =
  | { readonly kind: "literal"; readonly value: string }
  | { readonly kind: "input"; readonly port: string }
  | { readonly kind: "output"; readonly port: string }
  | { readonly kind: "parameter"; readonly name: string };

export interface StepDefinition {
  /** Node id: unique in the graph, `[A-Za-z0-9_-]{1,64}`, stable across runs of one published pipeline. */
  readonly id: string;
  readonly name: string;
  /** For people; empty when there is none. */
  readonly description: string;
  /** Free tag of its author; another one makes another step as far as reuse is concerned. */
  readonly version: string | null;
  /** Null for a step of its own. */
  readonly module: ModuleReference | null;
  /** Snapshot of the source directory that the step's process starts in. */
  readonly snapshotId: string;
  /** SHA-256 in hex over files beside the snapshot that make another step when they change; null = none. */
  readonly hashedPaths: string | null;
  /** Script to run, relative to the snapshot's root, with forward slashes. */
  readonly script: string;
  readonly arguments: readonly StepArgument[];
  readonly inputs: readonly InputPort[];
  readonly outputs: readonly OutputPort[];
  readonly parameters: readonly StepParameter[];
  readonly runSettings: readonly RunSetting[];
  readonly environmentVariables: Readonly<Record<string, string>>;
  /** Null = the interpreter that the compute target has. */
  readonly pythonEnvironment: PythonEnvironment | null;
  /** Name of the compute target; `local` is the machine that the app runs on. */
  readonly computeTarget: string;
  /** Whether an equal earlier step's result may stand in for this one's. */
  readonly allowReuse: boolean;
  /** Runs although an equal result is there; its own may be reused later. */
  readonly regenerateOutput: boolean;
  /** Ids of steps that must be done first although no data flows. */
  readonly runAfter: readonly string[];
  /** Longest time one attempt may run, in milliseconds; null = no limit. */
  readonly timeoutMs: number | null;
  /** Null = a step that went wrong is not tried anew. */
  readonly retries: RetryPolicy | null;
}

export interface PipelineDefinition {
  readonly parameters: readonly ParameterDefinition[];
  readonly steps: readonly StepDefinition[];
}
