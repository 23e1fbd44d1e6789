/** The stores of the runs room, opened together over one workspace. */
import type { Workspace } from "../workspace/workspace";
import { createExperimentStore, type ExperimentStore } from "./experimentStore";
import { createMetricStore, type MetricStore } from "./metricStore";
import { createPlanStore, type PlanStore } from "./planStore";
import { createReuseStore, type ReuseStore } from "./reuseStore";
import { createPipelineSlotStore, type PipelineSlotStore } from "./pipelineSlotStore";
import { createRunIndexStore, type RunIndexStore } from "./runIndexStore";
import { createRunStore, type RunStore } from "./runStore";
import { createStepStore, type StepStore } from "./stepStore";

export interface RunStores {
  readonly runs: RunStore;
  readonly steps: StepStore;
  readonly index: RunIndexStore;
  readonly slots: PipelineSlotStore;
  readonly metrics: MetricStore;
  readonly plans: PlanStore;
  readonly experiments: ExperimentStore;
  readonly reuse: ReuseStore;
}

const opened = new WeakMap<Workspace, RunStores>();

/** One set per workspace, so that submissions and activities of a process share what they remember. */
export function openRunStores(workspace: Workspace): RunStores {
  const known = opened.get(workspace);
  if (known !== undefined) return known;
  const stores: RunStores = {
    runs: createRunStore(workspace),
    steps: createStepStore(workspace),
    index: createRunIndexStore(workspace),
    slots: createPipelineSlotStore(workspace),
    metrics: createMetricStore(workspace),
    plans: createPlanStore(workspace),
    experiments: createExperimentStore(workspace),
    reuse: createReuseStore(workspace),
  };
  opened.set(workspace, stores);
  return stores;
}
