/** Body of every submit route and of a schedule's stored submission. Sources: spec azureml-v1.md §4.3, azureml-v1-wire.md §6.4. */
import { dataPath } from "./dataPath";
import { datasetValue } from "./graph";
import {
  flag,
  literal,
  mapOf,
  name,
  number,
  orElse,
  orNull,
  text,
  unlessSilent,
  wireObject,
  type ValueOf,
} from "./wireType";

const isNull = (value: unknown): boolean => value === null;

/** REST callers send numbers and booleans as parameter values; the values are kept as they came. */
export const submission = wireObject({
  experimentName: ["ExperimentName", orNull(name)],
  description: ["Description", orNull(text)],
  displayName: ["DisplayName", unlessSilent(orNull(name), isNull)],
  parameterAssignments: ["ParameterAssignments", mapOf(literal)],
  dataPathAssignments: ["DataPathAssignments", mapOf(dataPath)],
  dataSetAssignments: ["DataSetDefinitionValueAssignments", mapOf(datasetValue)],
  runSource: ["RunSource", orNull(text)],
  runType: ["RunType", orNull(text)],
  continueOnStepFailure: ["ContinueRunOnStepFailure", orNull(flag)],
  /** Ours: v1 has it only for a pipeline that is submitted with its graph, as a mark on every node. */
  regenerateOutputs: ["RegenerateOutputs", unlessSilent(orElse(flag, false), (value) => !value)],
  /** Ours: longest time from the start of the run to its end. */
  timeoutSeconds: ["TimeoutSeconds", unlessSilent(orNull(number), isNull)],
  enableNotification: ["EnableNotification", orNull(flag)],
  properties: ["Properties", mapOf(text)],
  tags: [["tags", "Tags"], mapOf(text)],
  stepTags: ["StepTags", unlessSilent(mapOf(text), (tags) => Object.keys(tags).length === 0)],
  scheduleId: ["ScheduleId", orNull(text)],
});

export type Submission = ValueOf<typeof submission>;
