/** What the submission of a schedule asks for that schedules do not keep; ignoring it would run something else. */
import type { Submission } from "../../contract/submission";
import type { Problem } from "../../model/problem";

export function submissionProblems(submission: Submission): readonly Problem[] {
  return Object.keys(submission.dataSetAssignments).map((name) => ({
    code: "UnsupportedFeature",
    field: `DataSetDefinitionValueAssignments.${name}`,
    expected: "a literal or a data path parameter",
    received: "a dataset",
  }));
}
