/** The datasets that a submission gives to dataset parameters. Source: spec azureml-v1-wire.md §6.4. */
import type { Submission } from "../../contract/submission";
import { datasetReferenceOf } from "../../model/datasetReference";
import type { DatasetReference } from "../../model/definition";
import type { Parsed, Problem } from "../../model/problem";

/** Code: `InvalidField`, for a value that names no dataset. */
export function datasetAssignments(
  submission: Submission,
): Parsed<Readonly<Record<string, DatasetReference>>> {
  const references: [string, DatasetReference][] = [];
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(submission.dataSetAssignments)) {
    const reference = datasetReferenceOf(value);
    if (reference !== undefined) references.push([name, reference]);
    else {
      const expected = "the id of a saved dataset, or id or name of a registered one";
      const field = `DataSetDefinitionValueAssignments.${name}`;
      problems.push({ code: "InvalidField", field, expected, received: "neither" });
    }
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: Object.fromEntries(references) };
}
