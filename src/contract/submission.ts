/** Body of every submit route and of a schedule's stored submission. Sources: spec azureml-v1.md §4.3, azureml-v1-wire.md §6.4. */
import { dataPath } from "./dataPath";
import { anything, flag, literal, mapOf, name, orNull, text, wireObject, type ValueOf } from "./wireType";

/** REST callers send numbers and booleans as parameter values; the values are kept as they came. */
export const submission = wireObject({
  experimentName: ["ExperimentName", orNull(name)],
  description: ["Description", orNull(text)],
  parameterAssignments: ["ParameterAssignments", mapOf(literal)],
  dataPathAssignments: ["DataPathAssignments", mapOf(dataPath)],
  /** Dataset parameters, undecoded. */
  dataSetAssignments: ["DataSetDefinitionValueAssignments", mapOf(anything)],
  runSource: ["RunSource", orNull(text)],
  runType: ["RunType", orNull(text)],
  continueOnStepFailure: ["ContinueRunOnStepFailure", orNull(flag)],
  enableNotification: ["EnableNotification", orNull(flag)],
  properties: ["Properties", mapOf(text)],
  tags: [["tags", "Tags"], mapOf(text)],
  scheduleId: ["ScheduleId", orNull(text)],
});

export type Submission = ValueOf<typeof submission>;
