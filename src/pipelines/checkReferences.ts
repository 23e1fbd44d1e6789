/** Whether everything that a definition refers to outside itself is there: snapshots, scripts, datastores, compute. */
import type { ComputeTargets } from "../compute/computeTarget";
import type { Datastores } from "../data/datastores";
import type { Snapshot, Snapshots } from "../data/snapshots";
import type { DataPath, PipelineDefinition, RunSetting, StepDefinition } from "../model/definition";
import { literalText } from "../model/parameters";
import type { Problem } from "../model/problem";
import { runSettingProblem } from "../model/runSettings";

type Check = () => Promise<Problem | undefined>;

export interface ReferencedRooms {
  readonly datastores: Datastores;
  readonly snapshots: Snapshots;
  readonly computeTargets: ComputeTargets;
}

interface Lookups extends Pick<ReferencedRooms, "datastores" | "computeTargets"> {
  readonly findSnapshot: (id: string) => Promise<Snapshot | undefined>;
}

/** All problems, in the order of the definition. */
export async function checkReferences(
  { snapshots, datastores, computeTargets }: ReferencedRooms,
  definition: PipelineDefinition,
): Promise<readonly Problem[]> {
  const dependencies = { datastores, computeTargets, findSnapshot: once((id) => snapshots.find(id)) };
  const checks = [
    ...definition.parameters.map(({ name, ...parameter }) =>
      parameter.kind === "dataPath" && parameter.defaultValue !== null
        ? datastoreCheck(dependencies, `parameters.${name}.defaultValue`, parameter.defaultValue.datastore)
        : undefined,
    ),
    ...definition.steps.flatMap((step) => stepChecks(dependencies, step)),
  ];
  const found = await Promise.all(checks.map(async (check) => check?.()));
  return found.filter((problem) => problem !== undefined);
}

function stepChecks(dependencies: Lookups, step: StepDefinition): (Check | undefined)[] {
  const field = `steps.${step.name}`;
  return [
    snapshotCheck(dependencies, field, step),
    targetCheck(dependencies, field, step),
    ...step.runSettings.map((setting) => settingCheck(field, setting)),
    ...step.outputs.map((port) =>
      datastoreCheck(dependencies, `${field}.outputs.${port.name}.datastore`, port.datastore),
    ),
    ...step.inputs.map((port) => {
      const path = referenced(port.source);
      return path && datastoreCheck(dependencies, `${field}.inputs.${port.name}.datastore`, path.datastore);
    }),
  ];
}

function referenced(source: StepDefinition["inputs"][number]["source"]): DataPath | undefined {
  return source.kind === "dataReference" ? source.dataPath : undefined;
}

function snapshotCheck({ findSnapshot }: Lookups, field: string, step: StepDefinition): Check {
  return async () => {
    const snapshot = await findSnapshot(step.snapshotId);
    if (snapshot === undefined) {
      const expected = "the id of a snapshot that was created before";
      return { code: "UnknownSnapshot", field: `${field}.snapshotId`, expected, received: step.snapshotId };
    }
    if (snapshot.files.some(({ path }) => path === step.script)) return undefined;
    const names = snapshot.files.slice(0, 10).map(({ path }) => path);
    const expected = `a file of the step's snapshot, such as ${names.join(", ")}`;
    return { code: "UnknownScript", field: `${field}.script`, expected, received: step.script };
  };
}

function targetCheck({ computeTargets }: Lookups, field: string, step: StepDefinition): Check {
  return () => {
    if (computeTargets.find(step.computeTarget) !== undefined) return Promise.resolve(undefined);
    const names = computeTargets.list().map(({ name }) => name);
    return Promise.resolve({
      code: "UnknownComputeTarget",
      field: `${field}.computeTarget`,
      expected:
        names.length === 0 ? "a compute target; none is configured here" : `one of: ${names.join(", ")}`,
      received: step.computeTarget,
    });
  };
}

/** What a pipeline parameter chooses is checked when a run is submitted. */
function settingCheck(field: string, { name, value }: RunSetting): Check {
  const problems =
    value.kind === "literal" ? runSettingProblem(`${field}.runSettings`, name, literalText(value.value)) : [];
  return () => Promise.resolve(problems[0]);
}

function datastoreCheck({ datastores }: Lookups, field: string, name: string): Check {
  return async () => {
    if ((await datastores.find(name)) !== undefined) return undefined;
    const names = (await datastores.list()).map((datastore) => datastore.name);
    return { code: "UnknownDatastore", field, expected: `one of: ${names.join(", ")}`, received: name };
  };
}

/** Steps of one source directory share a snapshot, so it is read once. */
function once<T>(find: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const found = new Map<string, Promise<T>>();
  return (id) => {
    const finding = found.get(id) ?? find(id);
    found.set(id, finding);
    return finding;
  };
}
