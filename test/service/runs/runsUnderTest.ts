/** The runs room over real storage, with a scripted compute target and a small engine. */
import type { PipelineDefinition, StepDefinition } from "../../../src/model/definition";
import { createDatasets } from "../../../src/data/datasetStore";
import { createDatastores } from "../../../src/data/datastoreStore";
import type { Datastores } from "../../../src/data/datastores";
import type { Snapshots } from "../../../src/data/snapshots";
import { createSnapshots } from "../../../src/data/snapshotStore";
import type { ResolvedTarget } from "../../../src/pipelines/publishedPipelines";
import { createAttemptHints } from "../../../src/runs/attemptHints";
import { createRuns } from "../../../src/runs/createRuns";
import {
  advanceRunName,
  advanceStepName,
  type AdvanceRunInput,
  type AdvanceStepInput,
} from "../../../src/runs/orchestrations";
import { pipelineRunOrchestrator } from "../../../src/runs/pipelineRunOrchestrator";
import { createRunActivities } from "../../../src/runs/runActivities";
import type { RunSubmission, Runs } from "../../../src/runs/runs";
import { stepRunOrchestrator } from "../../../src/runs/stepRunOrchestrator";
import type { Clock } from "../../../src/workspace/clock";
import { openWorkspace } from "../../../src/workspace/openWorkspace";
import type { Workspace } from "../../../src/workspace/workspace";
import type { ScriptedTarget } from "./scriptedTarget";
import { createSmallEngine, type SmallEngine } from "./smallEngine";
import { parseRunsConfig, type RunsConfig } from "../../../src/workspace/runsConfig";
import { stepOf } from "../../unit/model/definitionBuilder";

export interface RunsUnderTest {
  readonly workspace: Workspace;
  readonly datastores: Datastores;
  readonly snapshots: Snapshots;
  readonly runs: Runs;
  readonly engine: SmallEngine;
  /** Resolves when an activity failed for good, as if its process had died. */
  readonly death: Promise<void>;
}

export interface Setting {
  readonly connectionString: string;
  readonly target: ScriptedTarget;
  readonly definition: PipelineDefinition;
  readonly continueOnStepFailure?: boolean;
  readonly clock?: Clock;
  /** Id of the published pipeline, where runs of other tests would be in the way. */
  readonly pipeline?: string;
  readonly pipelineProperties?: Readonly<Record<string, string>>;
  readonly runsConfig?: Partial<RunsConfig>;
  /** How long a look waits for the end of what it started. */
  readonly patienceMs?: number;
  /** Changes what the room sees of the workspace, to make storage fail; an activity that fails then never ends. */
  readonly through?: (workspace: Workspace) => Workspace;
}

export const pipelineId = "11111111-2222-4333-8444-555555555555";

export function openRuns(setting: Setting): RunsUnderTest {
  const config = {
    subscriptionId: "00000000-0000-0000-0000-000000000000",
    resourceGroup: "local",
    workspaceName: "sluice",
    storageConnection: setting.connectionString,
    selfUrl: "http://127.0.0.1:7071",
    runs: { ...parseRunsConfig({}, []), ...setting.runsConfig },
    journalDays: 90,
    local: null,
  };
  const parts = { log: { write: () => undefined }, ...(setting.clock && { clock: setting.clock }) };
  const workspace = (setting.through ?? ((one) => one))(openWorkspace(config, parts));
  const computeTargets = {
    find: (name: string) => (name === "scripted" ? setting.target : undefined),
    list: () => [setting.target],
  };
  const datastores = createDatastores({ workspace });
  const snapshots = createSnapshots({ workspace });
  const runs = createRuns({
    workspace,
    computeTargets,
    datastores,
    resolveTarget: () => Promise.resolve(resolved(setting)),
    resolveDataset: createDatasets({ workspace }).resolve,
  });
  let died: () => void = () => undefined;
  const death = new Promise<void>((tell) => (died = tell));
  const stopping = <T>(work: Promise<T>): Promise<T> =>
    setting.through === undefined
      ? work
      : work.catch(() => {
          died();
          return new Promise<T>(() => undefined);
        });
  const attemptHints = createAttemptHints(setting.patienceMs ?? 10);
  const activities = createRunActivities({ workspace, datastores, snapshots, computeTargets, attemptHints });
  const engine = createSmallEngine(
    { pipelineRun: pipelineRunOrchestrator, stepRun: stepRunOrchestrator },
    () => ({
      [advanceRunName]: (input: AdvanceRunInput, engineOf) =>
        stopping(activities.advanceRun(input, engineOf)),
      [advanceStepName]: (input: AdvanceStepInput, engineOf) =>
        stopping(activities.advanceStep(input, engineOf)),
    }),
  );
  setting.target.onChanged((attemptId) => {
    if (!attemptHints.tell(attemptId)) void engine.wake(attemptId);
  });
  return { workspace, datastores, snapshots, runs, engine, death };
}

function resolved({ definition, continueOnStepFailure = false, ...setting }: Setting): ResolvedTarget {
  return {
    status: "resolved",
    endpointId: null,
    definition,
    pipeline: {
      id: setting.pipeline ?? pipelineId,
      name: "tumour",
      description: "",
      version: null,
      graphId: "66666666-2222-4333-8444-555555555555",
      status: "Active",
      stepCount: definition.steps.length,
      continueOnStepFailure,
      properties: setting.pipelineProperties ?? {},
      createdAt: "2026-01-01T00:00:00.000Z",
      modifiedAt: "2026-01-01T00:00:00.000Z",
      etag: "1",
    },
  };
}

export function step(
  id: string,
  after: readonly string[] = [],
  more: Partial<StepDefinition> = {},
): StepDefinition {
  return stepOf(id, {
    script: `${id}.py`,
    outputs: [],
    computeTarget: "scripted",
    runAfter: after,
    ...more,
  });
}

export function submission(runId: string, more: Partial<RunSubmission> = {}): RunSubmission {
  return {
    runId,
    target: { kind: "pipeline", id: pipelineId },
    experimentName: "tumour",
    description: "",
    displayName: null,
    tags: {},
    properties: {},
    stepTags: {},
    parameterAssignments: {},
    dataPathAssignments: {},
    unknownParameters: null,
    continueOnStepFailure: null,
    regenerateOutputs: false,
    timeoutMs: null,
    parentRunId: null,
    cause: { kind: "call", source: "SDK" },
    ...more,
  };
}
