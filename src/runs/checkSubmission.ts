/** What can be wrong with a submission beyond its parameters: all of it, before anything is written. */
import type { ComputeTargets } from "../compute/computeTarget";
import type { Datastores } from "../data/datastores";
import { assertNever } from "../model/assertNever";
import { runSettingNames, type DataPath } from "../model/definition";
import type { Problem } from "../model/problem";
import { runSettingProblem } from "../model/runSettings";
import type { PlannedInputSource, RunPlan, RunValues } from "./plan";
import { cutText, longestColumn } from "./rowText";
import type { RunSubmission } from "./runs";

const longestName = 255;
/** A run can be given as long as a step can. */
const longestTimeoutMs = 30 * 24 * 3_600_000;

export function checkSubmission(submission: RunSubmission): readonly Problem[] {
  const { experimentName, description, tags, properties, stepTags, timeoutMs } = submission;
  const problems: Problem[] = [];
  if (experimentName.trim() === "" || experimentName.length > longestName) {
    problems.push({
      code: "InvalidExperimentName",
      field: "ExperimentName",
      expected: `a name of 1 to ${longestName} characters`,
      received: cutText(experimentName, 80) || "nothing",
    });
  }
  if (timeoutMs !== null && !(timeoutMs > 0 && timeoutMs <= longestTimeoutMs)) {
    problems.push({
      code: "InvalidField",
      field: "TimeoutSeconds",
      expected: `a number above 0, at most ${longestTimeoutMs / 1000}`,
      received: String(timeoutMs / 1000),
    });
  }
  const columns = [
    ["Description", description],
    ["Tags", tags],
    ["Properties", properties],
    ["StepTags", stepTags],
    ["ParameterAssignments", submission.parameterAssignments],
    ["DataPathAssignments", submission.dataPathAssignments],
  ] as const;
  return [...problems, ...columns.flatMap(([field, value]) => tooLarge(field, value))];
}

/** What a pipeline's defaults and ports make of a small submission: the columns that its rows would not hold. */
export function checkRows(
  { literals, dataPaths }: Pick<RunValues, "literals" | "dataPaths">,
  { steps }: Pick<RunPlan, "steps">,
): readonly Problem[] {
  return [
    ...tooLarge("ParameterAssignments", literals),
    ...tooLarge("DataPathAssignments", dataPaths),
    ...steps.flatMap(({ stepId, outputs }) =>
      tooLarge(
        `steps.${stepId}.outputs`,
        outputs.map(({ name, dataPath }) => ({ name, dataPath })),
      ),
    ),
  ];
}

function tooLarge(field: string, value: unknown): readonly Problem[] {
  const { length } = JSON.stringify(value);
  if (length <= longestColumn) return [];
  const expected = `at most ${longestColumn} characters`;
  return [{ code: "SubmissionTooLarge", field, expected, received: `${length} characters` }];
}

interface Places {
  readonly datastores: Datastores;
  readonly computeTargets: ComputeTargets;
}

/** Datastores and compute targets that the plan needs and that are not there, and nodes that it asks for in vain. */
export async function checkPlan(
  { datastores, computeTargets }: Places,
  plan: RunPlan,
  assigned: Readonly<Record<string, DataPath>>,
): Promise<readonly Problem[]> {
  return [
    ...(await checkPlaces(datastores, [...assignedPlaces(assigned), ...plannedPlaces(plan)])),
    ...plan.steps.flatMap(({ stepId, runSettings }) =>
      runSettingNames.flatMap((name) =>
        runSettingProblem(`steps.${stepId}.runSettings`, name, runSettings[name] ?? "1"),
      ),
    ),
    ...plan.steps
      .filter(({ computeTarget }) => computeTargets.find(computeTarget) === undefined)
      .map(({ stepId, computeTarget }) =>
        unknown(
          "UnknownComputeTarget",
          `steps.${stepId}.computeTarget`,
          "a configured compute target",
          computeTarget,
        ),
      ),
  ];
}

/** Datastores that a submission assigns and that are not there; for one whose other mistakes leave no plan to check. */
export function checkAssignedDatastores(
  { datastores }: Pick<Places, "datastores">,
  assigned: Readonly<Record<string, DataPath>>,
): Promise<readonly Problem[]> {
  return checkPlaces(datastores, assignedPlaces(assigned));
}

interface Place {
  readonly datastore: string;
  readonly field: string;
}

async function checkPlaces(datastores: Datastores, places: readonly Place[]): Promise<readonly Problem[]> {
  const names = [...new Set(places.map(({ datastore }) => datastore))];
  const known = new Set<string>();
  await Promise.all(
    names.map(async (name) => {
      if ((await datastores.find(name)) !== undefined) known.add(name);
    }),
  );
  return places
    .filter(({ datastore }) => !known.has(datastore))
    .map(({ datastore, field }) => unknown("UnknownDatastore", field, "a registered datastore", datastore));
}

function assignedPlaces(assigned: Readonly<Record<string, DataPath>>): readonly Place[] {
  return Object.entries(assigned).map(([name, { datastore }]) => ({
    datastore,
    field: `DataPathAssignments.${name}`,
  }));
}

function plannedPlaces(plan: RunPlan): readonly Place[] {
  return plan.steps.flatMap(({ stepId, inputs, outputs }) => [
    ...inputs.flatMap(({ name, source }) =>
      pathsOf(source).map(({ datastore }) => ({ datastore, field: `steps.${stepId}.inputs.${name}` })),
    ),
    ...outputs.map(({ name, dataPath }) => ({
      datastore: dataPath.datastore,
      field: `steps.${stepId}.outputs.${name}`,
    })),
  ]);
}

function pathsOf(source: PlannedInputSource): readonly DataPath[] {
  switch (source.kind) {
    case "dataPath":
      return [source.dataPath];
    case "dataset":
      return source.paths;
    case "stepOutput":
      return [];
    default:
      return assertNever(source);
  }
}

function unknown(code: string, field: string, expected: string, received: string): Problem {
  return { code, field, expected, received: cutText(received, 80) };
}
