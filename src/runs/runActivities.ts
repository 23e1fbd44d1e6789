/** The activities of both orchestrations, bound to what they need; the doors register them under these names. */
import type { ComputeTargets } from "../compute/computeTarget";
import type { Datastores } from "../data/datastores";
import type { Snapshots } from "../data/snapshots";
import type { Workspace } from "../workspace/workspace";
import { advanceRun } from "./advanceRun";
import { advanceStep } from "./advanceStep";
import type { AttemptHints } from "./attemptHints";
import type {
  AdvanceRunInput,
  AdvanceRunResult,
  AdvanceStepInput,
  AdvanceStepResult,
} from "./orchestrations";
import { createOutputStore } from "./outputStore";
import type { RunEngine } from "./runs";
import { openRunStores } from "./runStores";

export interface RunActivities {
  advanceRun(input: AdvanceRunInput, engine: RunEngine): Promise<AdvanceRunResult>;
  advanceStep(input: AdvanceStepInput, engine: RunEngine): Promise<AdvanceStepResult>;
}

interface Dependencies {
  readonly workspace: Workspace;
  readonly datastores: Datastores;
  readonly snapshots: Snapshots;
  readonly computeTargets: ComputeTargets;
  readonly attemptHints: AttemptHints;
}

/** Both may run any number of times with the same input, also at once. */
export function createRunActivities(dependencies: Dependencies): RunActivities {
  const { workspace } = dependencies;
  const stores = openRunStores(workspace);
  const outputs = createOutputStore(dependencies);
  return {
    advanceRun: (input, engine) => advanceRun({ workspace, stores }, input, engine),
    advanceStep: (input, engine) => advanceStep({ ...dependencies, stores, outputs }, input, engine),
  };
}
