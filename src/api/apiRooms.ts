/** The rooms that the API hands calls to. */
import type { ComputeTargets } from "../compute/computeTarget";
import type { Datasets } from "../data/datasets";
import type { DatastoreRegistry } from "../data/datastores";
import type { Snapshots } from "../data/snapshots";
import type { DataSources } from "../pipelines/dataSources";
import type { Modules } from "../pipelines/modules";
import type { PipelineEndpoints, PublishedPipelines } from "../pipelines/publishedPipelines";
import type { Runs } from "../runs/runs";
import type { Schedules } from "../schedules/schedules";
import type { Workspace } from "../workspace/workspace";

export interface ApiRooms {
  readonly workspace: Workspace;
  readonly datastores: DatastoreRegistry;
  readonly datasets: Datasets;
  readonly snapshots: Snapshots;
  readonly modules: Modules;
  readonly dataSources: DataSources;
  readonly pipelines: PublishedPipelines;
  readonly endpoints: PipelineEndpoints;
  readonly runs: Runs;
  readonly schedules: Schedules;
  readonly computeTargets: ComputeTargets;
}
