/** Assignments of a submission, split by whether the pipeline has such a parameter. Pure. */
import type { PipelineDefinition } from "../model/definition";
import type { RunSubmission } from "./runs";

export type Assignments = Pick<RunSubmission, "parameterAssignments" | "dataPathAssignments">;

export interface KnownAssignments extends Assignments {
  /** Names that the pipeline has no parameter for, in order. */
  readonly ignored: readonly string[];
}

/** A name that the pipeline has with another kind stays: it is a mistake that only its caller can mend. */
export function knownAssignments(
  { parameters }: Pick<PipelineDefinition, "parameters">,
  { parameterAssignments, dataPathAssignments }: Assignments,
): KnownAssignments {
  const names = new Set(parameters.map(({ name }) => name));
  const known = <T>(assignments: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(assignments).filter(([name]) => names.has(name)));
  const given = [...Object.keys(parameterAssignments), ...Object.keys(dataPathAssignments)];
  return {
    parameterAssignments: known(parameterAssignments),
    dataPathAssignments: known(dataPathAssignments),
    ignored: [...new Set(given.filter((name) => !names.has(name)))].sort(),
  };
}
