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
 */

import type { PythonEnvironment } from "./pythonEnvironment";

/** A place in a datastore: the datastore's name and a path below its container's root, without a leading slash. */
export interface DataPath {
  readonly datastore: string;
  readonly path: string;
}

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
  | { readonly kind: "dataPath"; readonly name: string; readonly defaultValue: DataPath | null };

export type InputSource =
  | { readonly kind: "stepOutput"; readonly stepId: string; readonly port: string }
  | { readonly kind: "dataReference"; readonly dataPath: DataPath }
  | { readonly kind: "dataPathParameter"; readonly parameter: string };

/** How a script receives an input: `mount` and `download` give it a local path, `direct` the URI as text. */
export type InputMode = "mount" | "download" | "direct";
export type OutputMode = "mount" | "upload";

export interface InputPort {
  readonly name: string;
  readonly mode: InputMode;
  readonly source: InputSource;
}

export interface OutputPort {
  readonly name: string;
  /** Datastore that keeps the output; the blobs live below `azureml/<step run id>/<port name>/`. */
  readonly datastore: string;
  readonly mode: OutputMode;
  /** Name under which the pipeline run exposes it, or null. */
  readonly pipelineOutputName: string | null;
}

/** A step's own parameter, exported to the script as `AML_PARAMETER_<name>`. */
export interface StepParameter {
  readonly name: string;
  readonly value:
    | { readonly kind: "literal"; readonly value: LiteralValue }
    | { readonly kind: "pipelineParameter"; readonly parameter: string };
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
  /** Snapshot of the source directory that the step's process starts in. */
  readonly snapshotId: string;
  /** Script to run, relative to the snapshot's root, with forward slashes. */
  readonly script: string;
  readonly arguments: readonly StepArgument[];
  readonly inputs: readonly InputPort[];
  readonly outputs: readonly OutputPort[];
  readonly parameters: readonly StepParameter[];
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
}

export interface PipelineDefinition {
  readonly parameters: readonly ParameterDefinition[];
  readonly steps: readonly StepDefinition[];
}
