/** The pipelines room on real storage, with a snapshot to publish steps from and one compute target. */
import type { ComputeTarget, ComputeTargets } from "../../../src/compute/computeTarget";
import { createDatastores } from "../../../src/data/datastoreStore";
import { createSnapshots } from "../../../src/data/snapshotStore";
import type { PipelineDefinition } from "../../../src/model/definition";
import { createPipelineEndpoints } from "../../../src/pipelines/pipelineEndpointStore";
import { createPublishedPipelines } from "../../../src/pipelines/publishedPipelineStore";
import type { PublishedPipelines, PublishRequest } from "../../../src/pipelines/publishedPipelines";
import { createResolveTarget } from "../../../src/pipelines/resolveTarget";
import type { Workspace } from "../../../src/workspace/workspace";
import { takeSnapshot } from "../data/uploadFiles";
import { startWorkspace } from "../data/workspaceUnderTest";
import { stepOf } from "../../unit/model/definitionBuilder";

const notHere = (): never => {
  throw new Error("Publishing runs nothing.");
};

/** A target that can be found; publishing asks no more of it. */
const local: ComputeTarget = {
  name: "local",
  kind: "Local",
  submit: notHere,
  find: notHere,
  cancel: notHere,
  collect: notHere,
  liveMetrics: () => Promise.resolve([]),
  lastLogLine: notHere,
  stop: notHere,
  onChanged: notHere,
};
const computeTargets: ComputeTargets = {
  find: (name) => (name === local.name ? local : undefined),
  list: () => [local],
};

export type PipelinesUnderTest = Awaited<ReturnType<typeof startPipelines>>;

export async function startPipelines() {
  const { workspace, storage, tick } = await startWorkspace();
  const datastores = createDatastores({ workspace });
  const snapshots = createSnapshots({ workspace });
  const pipelines = createPublishedPipelines({ workspace, datastores, snapshots, computeTargets });
  const endpoints = createPipelineEndpoints({ workspace, pipelines });
  const snapshotId = await takeSnapshot(snapshots, { "main.py": "print(1)" });
  const resolveTarget = createResolveTarget({ pipelines, endpoints });
  /** Another process on the same storage, with parts of its floor replaced. */
  const reopen = (parts: Partial<Workspace>): PublishedPipelines =>
    createPublishedPipelines({
      workspace: { ...workspace, ...parts },
      datastores,
      snapshots,
      computeTargets,
    });
  return { workspace, storage, tick, pipelines, endpoints, resolveTarget, snapshotId, reopen };
}

export function definitionWith(
  snapshotId: string,
  step: Partial<PipelineDefinition["steps"][number]> = {},
): PipelineDefinition {
  return {
    parameters: [],
    steps: [stepOf("one", { snapshotId, outputs: [], ...step })],
  };
}

export function requestOf(definition: PipelineDefinition, name = "p"): PublishRequest {
  return {
    name,
    description: "",
    version: null,
    definition,
    graph: '{ "ModuleNodes": [],  "Unknown": 1 }',
    graphInterface: '{"Parameters":[]}',
    continueOnStepFailure: null,
    properties: {},
  };
}
